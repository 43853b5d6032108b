// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MPI_MPI_HPP
#define VANTAGE_MPI_MPI_HPP

// everything that needs MPI

#include "vantage/mpi/mpi_world.hpp"

#endif
