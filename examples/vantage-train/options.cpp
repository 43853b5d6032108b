// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "methods.hpp"
#include "number_checks.hpp"
#include "tasks.hpp"
#include "vantage/version.hpp"

void add_options(CLI::App& app, Settings& s) {
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.set_config("--config", "",
                 "TOML file of options, named as here without the dashes; the command line comes first");
  app.allow_config_extras(CLI::config_extras_mode::error);

  const char* task = "Task and method";
  app.add_option("--task", s.task, "Task: " + task_names())->group(task);
  app.add_option("--task-option", s.task_options, "Option of the task, name=value; may be repeated")
      ->type_size(1)
      ->allow_extra_args(false)
      ->group(task);
  app.add_option("--update", s.update, "Method; it decides the defaults of all other options")
      ->check(CLI::IsMember(update_names()))
      ->group(task);
  app.add_flag("--preset", s.preset, "Defaults tuned to the task, where there are such")
      ->configurable(false)
      ->group(task);
  app.add_option("--steps", s.steps, "Environment steps in all, rounded up to whole batches")
      ->check(positive)
      ->group(task);
  app.add_option("--environments", s.environments, "Environments stepped side by side")->check(positive)->group(task);
  app.add_option("--batch", s.batch, "Environment steps an iteration, a multiple of --environments")
      ->check(positive)
      ->group(task);
  app.add_option("--seed", s.seed, "Seed of all random streams")->group(task);
  app.add_option("--threads", s.threads, "Threads; the result does not depend on them")->check(positive)->group(task);

  const char* value = "Value";
  app.add_option("--value-steps", s.value_steps, "K_V: value steps an iteration; 0: the value is 0 everywhere")
      ->check(not_negative)
      ->group(value);
  app.add_option("--minibatch", s.minibatch, "Samples of a value step; 0: the whole batch")
      ->check(not_negative)
      ->group(value);
  app.add_option("--value-targets", s.value_targets, "What the value is fitted to")
      ->check(CLI::IsMember({"advantage_plus_value", "monte_carlo"}))
      ->group(value);
  app.add_option("--value-loss", s.value_loss, "How it is held to its targets")
      ->check(CLI::IsMember({"squared", "huber", "clipped"}))
      ->group(value);
  app.add_option("--huber-delta", s.huber_delta, "Error beyond which the Huber loss is linear")
      ->check(positive)
      ->group(value);
  app.add_option("--value-clip-range", s.value_clip_range, "Distance from the old value beyond which nothing pulls")
      ->check(positive)
      ->group(value);

  const char* advantage = "Advantages";
  app.add_option("--advantage", s.advantage, "Estimator")
      ->check(CLI::IsMember({"gae", "reward_to_go"}))
      ->group(advantage);
  app.add_option("--gamma", s.gamma, "Discount a step")->check(CLI::Range(0.0, 1.0))->group(advantage);
  app.add_option("--lambda", s.lambda, "Decay of gae a step")->check(CLI::Range(0.0, 1.0))->group(advantage);
  app.add_option("--baseline", s.baseline, "What reward_to_go takes off")
      ->check(CLI::IsMember({"none", "average", "leave_one_out", "value"}))
      ->group(advantage);
  app.add_flag("--discount-weights,!--no-discount-weights", s.discount_weights,
               "Weigh reward_to_go with gamma^t, as the policy gradient theorem does (default: no)")
      ->group(advantage);
  app.add_option("--advantage-normalization", s.advantage_normalization,
                 "Samples over which advantages are brought to mean 0 and deviation 1")
      ->check(CLI::IsMember({"none", "batch", "minibatch"}))
      ->group(advantage);
  app.add_flag("--recompute-advantages,!--no-recompute-advantages", s.recompute_advantages,
               "Recompute them in each epoch, with the values learned by then (default: no)")
      ->group(advantage);

  const char* optimizer = "Optimiser";
  app.add_option("--optimizer", s.optimizer, "Of policy and value")
      ->check(CLI::IsMember({"adam", "rmsprop", "sgd"}))
      ->group(optimizer);
  app.add_option("--optimizer-epsilon", s.optimizer_epsilon, "What adam and rmsprop add to the root")
      ->check(not_negative)
      ->group(optimizer);
  app.add_option("--momentum", s.momentum, "Of sgd")->check(CLI::Range(0.0, 0.9999))->group(optimizer);
  app.add_option("--learning-rate", s.learning_rate, "Learning rate of policy and value")
      ->check(positive)
      ->group(optimizer);
  app.add_option("--value-learning-rate", s.value_learning_rate, "Learning rate of the value; default: --learning-rate")
      ->check(positive)
      ->group(optimizer);
  app.add_option("--policy-learning-rate", s.policy_learning_rate,
                 "Learning rate of the policy; default: --learning-rate")
      ->check(positive)
      ->group(optimizer);
  app.add_option("--learning-rate-schedule", s.learning_rate_schedule,
                 "Over --steps: constant; linear to 0; exponential to a hundredth")
      ->check(CLI::IsMember({"constant", "linear", "exponential"}))
      ->group(optimizer);
  app.add_option("--max-gradient-norm", s.max_gradient_norm, "l2 norm to which either gradient is clipped; 0: none")
      ->check(not_negative)
      ->group(optimizer);

  const char* first_order = "Policy by optimiser steps";
  app.add_option("--epochs", s.epochs, "Passes of the policy over a batch")->check(positive)->group(first_order);
  app.add_option("--policy-minibatch", s.policy_minibatch, "Samples of a policy step; 0: the whole batch")
      ->check(not_negative)
      ->group(first_order);
  app.add_flag("--importance-weights,!--no-importance-weights", s.importance_weights,
               "Weigh samples by the ratio of the policies (default: no)")
      ->group(first_order);
  app.add_option("--clip-range", s.clip_range, "Of the ratio of the policies around 1, at the start")
      ->check(positive)
      ->group(first_order);
  app.add_option("--clip-range-end", s.clip_range_end, "The same at the end; default: --clip-range")
      ->check(positive)
      ->group(first_order);
  app.add_option("--entropy-coefficient", s.entropy_coefficient, "Weight of the mean entropy, at the start")
      ->check(not_negative)
      ->group(first_order);
  app.add_option("--entropy-coefficient-end", s.entropy_coefficient_end,
                 "The same at the end; default: --entropy-coefficient")
      ->check(not_negative)
      ->group(first_order);
  app.add_option("--penalty-kl", s.penalty_kl, "KL that the penalty of ppo-penalty aims at, nats")
      ->check(positive)
      ->group(first_order);
  app.add_option("--initial-penalty", s.initial_penalty, "Its first coefficient")
      ->check(CLI::Range(1e-4, 1e4))
      ->group(first_order);
  app.add_option("--adaptive-kl", s.adaptive_kl,
                 "KL of an update that the learning rate adapts to, nats; 0: it does not")
      ->check(not_negative)
      ->group(first_order);
  app.add_option("--min-learning-rate", s.min_learning_rate, "Least rate that it adapts to")
      ->check(positive)
      ->group(first_order);
  app.add_option("--max-learning-rate", s.max_learning_rate, "Largest rate that it adapts to")
      ->check(positive)
      ->group(first_order);
  app.add_flag("--shared-backbone,!--no-shared-backbone", s.shared_backbone,
               "Policy and value share their hidden layers and one optimiser (default: no)")
      ->group(first_order);
  app.add_option("--value-coefficient", s.value_coefficient, "Weight of the value's loss beside the policy's")
      ->check(positive)
      ->group(first_order);

  const char* natural = "Policy by natural gradient";
  app.add_option("--kl-radius", s.kl_radius, "Size of a step: mean KL, nats")->check(positive)->group(natural);
  app.add_option("--step-size", s.step_size, "Factor of the natural gradient instead; 0: by --kl-radius")
      ->check(not_negative)
      ->group(natural);
  app.add_option("--cg-iterations", s.cg_iterations, "Of conjugate gradients")->check(positive)->group(natural);
  app.add_option("--damping", s.damping, "Added to the Fisher matrix's diagonal")->check(not_negative)->group(natural);
  app.add_option("--fisher-fraction", s.fisher_fraction, "Share of the states that the Fisher matrix is formed from")
      ->check(CLI::Range(1e-6, 1.0))
      ->group(natural);
  app.add_option("--backtracks", s.backtracks, "Times that a step may be shortened")->check(positive)->group(natural);
  app.add_option("--backtrack-factor", s.backtrack_factor, "By which it is")
      ->check(CLI::Range(1e-3, 0.999))
      ->group(natural);

  const char* region = "Trust region, of any method, checked after every epoch";
  app.add_option("--max-kl", s.max_kl, "Mean KL over states, nats; 0: unbounded")->check(not_negative)->group(region);
  app.add_option("--max-state-kl", s.max_state_kl, "Largest KL of a state, nats; 0: unbounded")
      ->check(not_negative)
      ->group(region);
  app.add_option("--min-ratio", s.min_ratio, "Least ratio of a sample")->check(CLI::Range(0.0, 1.0))->group(region);
  app.add_option("--max-ratio", s.max_ratio, "Largest ratio of a sample; 0: unbounded")
      ->check(not_negative)
      ->group(region);
  app.add_option("--max-clip-fraction", s.max_clip_fraction,
                 "Share of samples whose ratio is beyond 1 +- 0.2, for ppo beyond its clip range")
      ->check(CLI::Range(0.0, 1.0))
      ->group(region);
  app.add_option("--on-violation", s.on_violation, "What an update that left the trust region leads to")
      ->check(CLI::IsMember({"observe", "stop", "revert"}))
      ->group(region);

  const char* population = "Policy by a value function of policies (epvf)";
  app.add_option("--population", s.population, "Perturbed policies an iteration, an episode each")
      ->check(positive)
      ->group(population);
  app.add_option("--generations", s.generations, "Populations in the archive; 1: fresh policies only")
      ->check(positive)
      ->group(population);
  app.add_option("--recency", s.recency, "Policies of age a are drawn in proportion to a^-recency; 0: all alike")
      ->check(not_negative)
      ->group(population);
  app.add_flag("--half-precision,!--no-half-precision", s.half_precision,
               "Keep the archive's parameters as 16-bit numbers (default: no)")
      ->group(population);
  app.add_option("--archive", s.archive, "File of an archive to begin with")->group(population);
  app.add_flag("--save-archive,!--no-save-archive", s.save_archive,
               "Write the archive to a file of its own at the end (default: no)")
      ->group(population);
  app.add_option("--noise", s.noise, "Shape of the perturbation")
      ->check(CLI::IsMember({"uniform", "gaussian"}))
      ->group(population);
  app.add_option("--noise-scaling", s.noise_scaling, "Whether it grows with the parameter")
      ->check(CLI::IsMember({"multiplicative", "additive"}))
      ->group(population);
  app.add_option("--noise-scale", s.noise_scale,
                 "Half width (uniform) or deviation (gaussian), of a parameter of 1 or of any")
      ->check(not_negative)
      ->group(population);
  app.add_option("--noise-floor", s.noise_floor, "Least half width or deviation of multiplicative noise")
      ->check(not_negative)
      ->group(population);
  app.add_flag("--antithetic,!--no-antithetic", s.antithetic, "Perturb in pairs of opposite signs (default: no)")
      ->group(population);
  app.add_flag("--include-centre,!--no-include-centre", s.include_centre,
               "Play the policy itself as the first of each population (default: no)")
      ->group(population);
  app.add_option("--weight-clip", s.weight_clip, "Bound of the policy's parameters; 0: none")
      ->check(not_negative)
      ->group(population);
  app.add_flag("--clip-centre,!--no-clip-centre", s.clip_centre, "It holds for the policy itself (default: yes)")
      ->group(population);
  app.add_flag("--clip-samples,!--no-clip-samples", s.clip_samples, "It holds for the perturbed ones (default: yes)")
      ->group(population);
  app.add_option("--policy-steps", s.policy_steps, "Steps of the policy up its value, an iteration")
      ->check(not_negative)
      ->group(population);
  app.add_option("--policy-learning-rate-end", s.policy_learning_rate_end,
                 "To which the policy's learning rate decays over --steps, exponentially; default: it does not")
      ->check(positive)
      ->group(population);
  app.add_flag("--standardize-returns,!--no-standardize-returns", s.standardize_returns,
               "The value learns returns of mean 0 and deviation 1 (default: yes)")
      ->group(population);
  app.add_option("--survival-bonus", s.survival_bonus, "Taken off the return for each step before the value learns it")
      ->check(not_negative)
      ->group(population);
  app.add_option("--representation", s.representation, "What the value sees of a policy")
      ->check(CLI::IsMember({"raw", "functional", "functional+raw", "probing"}))
      ->group(population);
  app.add_option("--probing-states", s.probing_states, "Of probing")->check(positive)->group(population);
  app.add_option("--functional-layers", s.functional_layers, "Of functional")->check(positive)->group(population);
  app.add_option("--functional-channels", s.functional_channels, "Of functional")->check(positive)->group(population);
  app.add_option("--value-hidden", s.value_hidden, "Widths of the value's hidden layers, with commas")
      ->delimiter(',')
      ->check(positive)
      ->group(population);
  app.add_option("--value-input-scale", s.value_input_scale, "Factor of the parameters that the value sees")
      ->check(positive)
      ->group(population);
  app.add_option("--value-from", s.value_from,
                 "Begin with the value of another run, its folder or a checkpoint of it, as far as the sizes fit")
      ->group(population);
  app.add_option("--output-gain", s.output_gain, "Factor of the policy's outputs before the tanh that bounds actions")
      ->check(positive)
      ->group(population);

  const char* networks = "Networks";
  app.add_option("--hidden", s.hidden, "Widths of the hidden layers, with commas; 0: none")
      ->delimiter(',')
      ->check(not_negative)
      ->group(networks);
  app.add_option("--activation", s.activation, "Non-linearity of the hidden layers")
      ->check(CLI::IsMember({"tanh", "relu", "elu"}))
      ->group(networks);
  app.add_option("--log-std", s.log_std,
                 "Initial log standard deviation of the raw actions, where they are continuous; default: -0.5")
      ->group(networks);
  app.add_flag("--state-dependent-std,!--no-state-dependent-std", s.state_dependent_std,
               "The policy network gives the standard deviation too (default: no)")
      ->group(networks);

  app.add_option("--policy", s.policy,
                 "Warm start: a policy file, whose network, normaliser and action map are taken over")
      ->group(networks);
  app.add_option("--value-only-iterations", s.value_only_iterations,
                 "Iterations at the start in which only the value learns")
      ->check(not_negative)
      ->group(networks);

  const char* world = "World";
  app.add_flag("--normalize-observations,!--no-normalize-observations", s.normalize_observations,
               "Observations by running moments (default: yes; with epvf the task's own)")
      ->group(world);
  app.add_flag("--scale-rewards,!--no-scale-rewards", s.scale_rewards,
               "Rewards by the running deviation of the discounted return (default: no)")
      ->group(world);
  app.add_option(
         "--action-map", s.action_map,
         "From raw actions to the task's units; auto: clip_and_rescale where an action has finite bounds, else none")
      ->check(CLI::IsMember({"auto", "none", "clip", "clip_and_rescale"}))
      ->group(world);
  app.add_option("--fault-penalty", s.fault_penalty, "A step that breaks the simulation has minus this reward")
      ->check(not_negative)
      ->group(world);

  const char* files = "Run";
  app.add_option("--output", s.output, "Folder of the run")->required()->configurable(false)->group(files);
  app.add_flag("--resume", s.resume, "Continue the run in the folder, with its configuration")
      ->configurable(false)
      ->group(files);
  app.add_flag("--overwrite", s.overwrite, "Discard the run in the folder")->configurable(false)->group(files);
  app.add_option("--checkpoint-every", s.checkpoint_every, "Iterations between checkpoints; 0: only at the end")
      ->check(not_negative)
      ->group(files);
  app.add_option("--keep-checkpoints", s.keep_checkpoints, "Iterations whose checkpoints are kept, with commas")
      ->delimiter(',')
      ->check(not_negative)
      ->group(files);
  app.add_option("--evaluate-every", s.evaluate_every,
                 "Iterations between evaluations of the policy as it acts, on episodes of their own; 0: none")
      ->check(not_negative)
      ->group(files);
  app.add_option("--evaluate-episodes", s.evaluate_episodes, "Episodes an evaluation")->check(positive)->group(files);
  app.add_option("--max-seconds", s.max_seconds, "Stop after this wall time, s; 0: never")
      ->check(not_negative)
      ->configurable(false)
      ->group(files);
  app.add_flag("--quiet", s.quiet, "Print nothing but errors")->configurable(false)->group(files);
}
