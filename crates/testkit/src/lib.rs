//! Development only: drives the real binary from outside (crash tests, load, benchmarks). Never shipped.
