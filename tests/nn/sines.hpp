// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_NN_SINES_HPP
#define VANTAGE_TESTS_NN_SINES_HPP

#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/nn/initialization.hpp"

/// A front of one's own: sines of multiples of the inputs that are learned, y_i = sin(theta_i x_(i mod O)).
struct Sines {
  template <class S>
  struct Tape {
    vantage::Matrix<S> phases, values, tangents;
    Eigen::Map<vantage::Matrix<S>> output() { return {values.data(), values.rows(), values.cols()}; }
    void swap_activations(Tape& other) {
      phases.swap(other.phases);
      values.swap(other.values);
    }
  };

  vantage::Index inputs = 3, count = 6;

  vantage::Index input_size() const { return inputs; }
  vantage::Index output_size() const { return count; }
  vantage::Index parameter_count() const { return count; }
  template <class S>
  void initialize(vantage::VectorRef<S> theta, const vantage::MlpInitialization&, vantage::Rng&) const {
    for (vantage::Index i = 0; i < count; ++i) theta[i] = static_cast<S>(i + 1) / 2;
  }
  template <class S>
  Eigen::Map<vantage::Matrix<S>> forward(vantage::ConstVectorRef<S> theta, vantage::ConstMatrixRef<S> x,
                                         Tape<S>& tape) const {
    tape.phases.resize(count, x.cols());
    for (vantage::Index i = 0; i < count; ++i) tape.phases.row(i) = theta[i] * x.row(i % inputs);
    tape.values = tape.phases.array().sin();
    return tape.output();
  }
  template <class S>
  void backward(vantage::ConstVectorRef<S>, vantage::ConstMatrixRef<S> x, Tape<S>& tape,
                vantage::ConstMatrixRef<S> outward, vantage::VectorRef<S> gradient) const {
    for (vantage::Index i = 0; i < count; ++i) {
      gradient[i] += (outward.row(i).array() * tape.phases.row(i).array().cos() * x.row(i % inputs).array()).sum();
    }
  }
  template <class S>
  Eigen::Map<vantage::Matrix<S>> tangent(vantage::ConstVectorRef<S>, vantage::ConstMatrixRef<S> x, Tape<S>& tape,
                                         vantage::ConstVectorRef<S> direction) const {
    tape.tangents.resize(count, x.cols());
    for (vantage::Index i = 0; i < count; ++i) {
      tape.tangents.row(i) = direction[i] * tape.phases.row(i).array().cos() * x.row(i % inputs).array();
    }
    return {tape.tangents.data(), count, x.cols()};
  }
};

#endif
