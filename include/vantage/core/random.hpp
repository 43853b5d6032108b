// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_RANDOM_HPP
#define VANTAGE_CORE_RANDOM_HPP

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

namespace vantage {

/// What a random stream is for. Every consumer in the library draws from the stream (seed, purpose, index), so one seed
/// gives each of them numbers of its own.
enum class StreamPurpose : std::uint64_t {
  learner,              ///< Context
  environment,          ///< VectorEnvironment: of environment `index`
  evaluation,           ///< evaluate: of episode `index`
  periodic_evaluation,  ///< PeriodicEvaluation: seeds the evaluation after iteration `index`
  population,           ///< PopulationEvaluator: of episode `index`
  perturbation,         ///< Perturbation: of a population's draw `index`
  minibatch,            ///< order of samples in an update
  check,                ///< check_environment
  resampling,           ///< stratified_bootstrap: of resampled table `index`
  frozen_rollout,       ///< Collector::frozen: of environment `index`
  landscape,            ///< random_direction; estimate_return: seeds the episodes of point or round `index`
  closed_loop,          ///< closed_loop_exponent, closed_loop_spectrum: of start `index`
  aside                 ///< PopulationEvaluator::play_aside: of episode `index`, and seeds those beside the population
                        ///< that begins with episode `index`
};

/// A random stream whose whole state is six words, so that it can be checkpointed exactly and gives the same numbers
/// with every standard library. Satisfies UniformRandomBitGenerator.
/// Source: xoshiro256++ and splitmix64 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
class Rng {
 public:
  using result_type = std::uint64_t;           ///< what a draw is
  using State = std::array<std::uint64_t, 6>;  ///< four words of the generator, then the number that normal() keeps and
                                               ///< whether there is one

  /// For streams of your own: none of the library's are among them.
  explicit Rng(std::uint64_t seed = 0, std::uint64_t stream = 0) {
    // two rounds of splitmix64 separate neighbouring seeds and streams
    std::uint64_t mix = seed;
    mix = split_mix(mix) ^ (stream * 0xD1342543DE82EF95ULL);
    for (int i = 0; i < 4; ++i) words_[static_cast<std::size_t>(i)] = split_mix(mix);
  }

  /// The stream of one consumer: none of another seed, purpose or index gives the same numbers.
  Rng(std::uint64_t seed, StreamPurpose purpose, std::uint64_t index = 0) {
    // each word is a hash of its own: two streams are the same only where 256 bits of hashes are
    for (std::uint64_t i = 0; i < 4; ++i) words_[i] = hash(i, seed, purpose, index);
  }

  /// A seed made of all three, for a consumer that takes a seed and makes streams of it.
  [[nodiscard]] static std::uint64_t derive_seed(std::uint64_t seed, StreamPurpose purpose, std::uint64_t index) {
    return hash(4, seed, purpose, index);
  }

  /// The least draw.
  static constexpr result_type min() { return 0; }
  /// The largest draw.
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  /// The next 64 random bits.
  result_type operator()() {
    const std::uint64_t result = std::rotl(words_[0] + words_[3], 23) + words_[0];
    const std::uint64_t shifted = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= shifted;
    words_[3] = std::rotl(words_[3], 45);
    return result;
  }

  /// Uniform on [0, 1) with 53 random bits.
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

  /// Uniform on [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Standard normal by Marsaglia's polar method; the second number of each pair is kept for the next call.
  double normal() {
    if (words_[5] != 0) {
      words_[5] = 0;
      return std::bit_cast<double>(words_[4]);
    }
    double u = 0;
    double v = 0;
    double square = 0;
    do {
      u = uniform(-1, 1);
      v = uniform(-1, 1);
      square = u * u + v * v;
    } while (square >= 1 || square == 0);
    const double factor = std::sqrt(-2 * std::log(square) / square);
    words_[4] = std::bit_cast<std::uint64_t>(v * factor);
    words_[5] = 1;
    return u * factor;
  }

  /// Uniform on {0, ..., count - 1}. Pre: count > 0.
  std::uint64_t below(std::uint64_t count) {
    // reject the incomplete last interval, so that every value is equally likely
    std::uint64_t draw = (*this)();
    while (draw - draw % count > max() - (count - 1)) draw = (*this)();
    return draw % count;
  }

  /// All that the next numbers depend on.
  [[nodiscard]] const State& state() const { return words_; }
  /// Goes on from a state that state() gave.
  void set_state(const State& state) { words_ = state; }

  /// Whether both would give the same numbers from here on.
  friend bool operator==(const Rng&, const Rng&) = default;

 private:
  static std::uint64_t hash(std::uint64_t word, std::uint64_t seed, StreamPurpose purpose, std::uint64_t index) {
    std::uint64_t mix = 0;
    for (const std::uint64_t part : {word, seed, static_cast<std::uint64_t>(purpose), index}) {
      mix ^= part;
      mix = split_mix(mix);
    }
    return mix;
  }

  static std::uint64_t split_mix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  State words_{};  // four words of xoshiro, the kept normal, whether it is there
};

}  // namespace vantage

#endif
