// SPDX-License-Identifier: MIT
#include "vantage/policy/policy_network.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

using Network = PolicyNetwork<double>;

// outputs y of a linear map, and two free parameters
Network make() {
  Rng rng(4);
  Network network(Mlp({3, 2}), 2, {}, rng);
  for (double& parameter : network.parameters()) parameter = rng.normal();
  return network;
}

Matrix<double> observations(Index count) {
  Rng rng(9);
  Matrix<double> result(3, count);
  for (double& x : result.reshaped()) x = rng.normal();
  return result;
}

// [W b] of the linear map
Matrix<double> affine(const Vector<double>& parameters) { return parameters.head(8).reshaped(2, 4); }

Matrix<double> homogeneous(const Matrix<double>& x) {
  Matrix<double> result = Matrix<double>::Ones(4, x.cols());
  result.topRows(3) = x;
  return result;
}

}  // namespace

TEST_CASE("free parameters follow the network's and start at zero") {
  Rng rng(4);
  const Network fresh(Mlp({3, 2}), 2, {}, rng);
  REQUIRE(fresh.parameters().size() == 10);
  CHECK(fresh.free_count() == 2);
  CHECK(fresh.parameters().tail(2).norm() == 0);
  CHECK(fresh.parameters().head(6).norm() > 0);
  CHECK(make().free(1) == make().parameters()[9]);
}

TEST_CASE("every sample is visited once with its output") {
  const Network network = make();
  const Matrix<double> x = observations(300);
  const Matrix<double> y = affine(network.parameters()) * homogeneous(x);
  Context context({.threads = 3});
  Vector<double> visits = Vector<double>::Zero(300);
  Vector<double> error = Vector<double>::Ones(300);
  const auto is_a_workers = [&](const Network::Scratch& scratch) {
    for (Index worker = 0; worker < 3; ++worker) {
      if (&context.local<Network::Scratch>(worker) == &scratch) return true;
    }
    return false;
  };
  for (Index worker = 0; worker < 3; ++worker) context.local<Network::Scratch>(worker);
  network.for_each_output(x, context, [&](Index first, const auto& output, Network::Scratch& scratch) {
    for (Index n = 0; n < output.cols(); ++n) {
      visits[first + n] += is_a_workers(scratch) ? 1 : 0;
      error[first + n] = (output.col(n) - y.col(first + n)).norm();
    }
  });
  CHECK(visits == Vector<double>::Ones(300));
  CHECK(error.maxCoeff() < 1e-13);
}

TEST_CASE("every sample is visited once with the outputs of two networks") {
  const Network network = make();
  Network other = make();
  other.parameters() *= -2;
  const Matrix<double> x = observations(300);
  const Matrix<double> y = affine(network.parameters()) * homogeneous(x);
  const Matrix<double> z = affine(other.parameters()) * homogeneous(x);
  Context context({.threads = 3});
  Vector<double> visits = Vector<double>::Zero(300);
  Vector<double> error = Vector<double>::Ones(300);
  network.for_each_pair(
      other, x, context, [&](Index first, const auto& mine, const auto& theirs, auto& scratch, auto& other_scratch) {
        for (Index n = 0; n < mine.cols(); ++n) {
          visits[first + n] += &scratch != &other_scratch ? 1 : 0;
          error[first + n] = (mine.col(n) - y.col(first + n)).norm() + (theirs.col(n) - z.col(first + n)).norm();
        }
      });
  CHECK(visits == Vector<double>::Ones(300));
  CHECK(error.maxCoeff() < 1e-13);
}

TEST_CASE("the score gradient is the chain rule over all samples") {
  // log pi_n = c_n . y_n + c_n . f with weights of their own: the gradient is linear in c
  const Network network = make();
  const Matrix<double> x = observations(300);
  Rng rng(1);
  Matrix<double> c(2, 300);
  for (double& number : c.reshaped()) number = rng.normal();
  Context context({.threads = 2});
  Vector<double> gradient;
  network.score_gradient(
      x,
      [&](Index first, const auto& output, Network::Scratch&, VectorRef<double> log_probs) {
        for (Index n = 0; n < output.cols(); ++n) log_probs[n] = static_cast<double>(first + n);
      },
      [](Index, const VectorRef<double>& log_probs, VectorRef<double> weights) { weights = 0.5 * log_probs; },
      [&](Index first, const auto&, const auto& output, Network::Scratch&, Index, const auto& weights, auto& outward,
          auto free) {
        for (Index n = 0; n < output.cols(); ++n) {
          outward.col(n) = weights[n] * c.col(first + n);
          free += weights[n] * c.col(first + n);
        }
      },
      context, gradient);
  const Matrix<double> weighted = c * (0.5 * Vector<double>::LinSpaced(300, 0, 299)).asDiagonal();
  const Matrix<double> expected = weighted * homogeneous(x).transpose();
  CHECK((affine(gradient) - expected).norm() < 1e-12 * expected.norm());
  CHECK((gradient.tail(2) - weighted.rowwise().sum()).norm() < 1e-12 * weighted.norm());
}

TEST_CASE("the Gauss-Newton product of a linear map is J^T M J v") {
  const Network network = make();
  const Matrix<double> x = observations(300);
  const Matrix<double> metric{{2, 0.5}, {0.5, 1}};
  Rng rng(1);
  Vector<double> v(10), product;
  for (double& number : v) number = rng.normal();
  Context context({.threads = 2});
  network.gauss_newton_product(
      x, v,
      [&](const auto&, const auto& tangent, const auto& free_tangent, Network::Scratch&, auto& outward, auto free) {
        outward = metric * tangent;
        free += 3 * static_cast<double>(tangent.cols()) * free_tangent;
      },
      context, product);
  const Matrix<double> expected = metric * affine(v) * homogeneous(x) * homogeneous(x).transpose();
  CHECK((affine(product) - expected).norm() < 1e-12 * expected.norm());
  CHECK((product.tail(2) - 900 * v.tail(2)).norm() < 1e-10);
}

TEST_CASE("forward passes kept aside give the same Gauss-Newton products, any number of them") {
  Rng rng(4);
  Network network(Mlp({3, 5, 2}), 2, {}, rng);
  const Matrix<double> x = observations(300);
  const auto metric = [](const auto& output, const auto& tangent, const auto& free_tangent, Network::Scratch&,
                         auto& outward, auto free) {
    outward = tangent.cwiseProduct(output.cwiseAbs2());
    free += free_tangent;
  };
  Context context({.threads = 2});
  Network::Activations kept;
  network.record(observations(400), context, kept);  // what it held before does not count
  network.record(x, context, kept);
  Vector<double> v(network.parameters().size()), fresh, product;
  for (int again = 0; again < 3; ++again) {
    for (double& number : v) number = rng.normal();
    network.gauss_newton_product(x, v, metric, context, fresh);
    network.gauss_newton_product(x, v, metric, context, product, &kept);
    CHECK(product == fresh);
    CHECK(product.norm() > 0);
  }
  // they are those of the parameters and samples at the time
  network.parameters().array() += 1;
  network.gauss_newton_product(x, v, metric, context, product);
  CHECK(product != fresh);
}

TEST_CASE("extra outputs come and go without a change in what the policy sees") {
  Network network = make();
  network.set_extra_outputs(3);
  CHECK(network.outputs() == 2);
  CHECK(network.network().second().widths() == std::vector<Index>{3, 5});
  CHECK(network.free_count() == 2);
  CHECK(network.free(1) == make().free(1));
  CHECK(network.output_layer().topRows(2) == affine(make().parameters()));
  CHECK(network.output_layer().bottomRows(3).norm() == 0);

  Rng rng(1);
  for (double& parameter : network.output_layer().bottomRows(3).reshaped()) parameter = rng.normal();
  const Matrix<double> x = observations(300);
  const Matrix<double> y = network.output_layer() * homogeneous(x);
  Context context({.threads = 2});
  network.for_each_output(x, context, [&](Index first, const auto& output, Network::Scratch&) {
    if ((output - y.block(0, first, 2, output.cols())).norm() > 1e-12) throw std::logic_error("another output");
  });

  // the gradient of sum_n y_n . c_n, the policy's part by its slope and the rest by the other
  Matrix<double> c(5, 300);
  for (double& number : c.reshaped()) number = rng.normal();
  const auto gradient = [&](const auto& extra) {
    Vector<double> result;
    network.score_gradient(
        x, [](Index, const auto&, Network::Scratch&, VectorRef<double> log_probs) { log_probs.setZero(); },
        [](Index, const VectorRef<double>&, VectorRef<double> weights) { weights.setOnes(); },
        [&](Index first, const auto&, const auto& output, Network::Scratch&, Index, const auto&, auto& outward,
            auto free) {
          outward = c.block(0, first, 2, output.cols());
          free.setZero();
        },
        context, result, extra);
    return result;
  };
  const Vector<double> whole = gradient([&](Index first, const auto& outputs, auto slopes, Index) {
    if ((outputs - y.block(2, first, 3, outputs.cols())).norm() > 1e-12) throw std::logic_error("another output");
    slopes = c.block(2, first, 3, outputs.cols());
  });
  const Matrix<double> expected = c * homogeneous(x).transpose();
  CHECK((whole.head(20).reshaped(5, 4) - expected).norm() < 1e-12 * expected.norm());
  const Vector<double> part = gradient(Network::NoExtra{});
  CHECK((part.head(20).reshaped(5, 4).topRows(2) - expected.topRows(2)).norm() < 1e-12 * expected.norm());
  CHECK(part.head(20).reshaped(5, 4).bottomRows(3).norm() == 0);

  network.set_extra_outputs(0);
  CHECK(network.parameters() == make().parameters());
}
