//! Sources against peers: scripted ones for faults, a real server where one is named.

mod faults;
mod maildir;
mod peer;
mod real;
