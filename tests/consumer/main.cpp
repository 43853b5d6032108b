// SPDX-License-Identifier: MIT
#include <cstdio>
#include <vantage/vantage.hpp>

#ifdef CONSUMER_MUJOCO
#include <vantage/mujoco/mujoco.hpp>
#endif

#ifdef CONSUMER_MPI
#include <vantage/mpi/mpi.hpp>
#endif

int main() {
#ifdef CONSUMER_MPI
  vantage::MpiWorld world;
  if (world.size() != 1 || !world.communicator().is_alone()) return 1;
#endif
  vantage::Context context({.seed = 1, .threads = 2});
  if (context.pool().size() != 2) return 1;
#ifdef CONSUMER_MUJOCO
  std::printf("vantage %s with MuJoCo %s\n", VANTAGE_VERSION, mj_versionString());
#else
  std::printf("vantage %s\n", VANTAGE_VERSION);
#endif
  return 0;
}
