//! Tests of the whole loop on tiny problems.
