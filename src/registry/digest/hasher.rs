//! Hashes a blob that is too big to hold.

use sha2::Digest as _;

use super::{Algorithm, Digest, Hash};

/// Hashes a blob piece by piece.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// A hasher that has seen nothing yet.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => State::Sha384(sha2::Sha384::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// The digest of everything taken.
    pub fn finish(self) -> Digest {
        Digest(match self.0 {
            State::Sha256(state) => Hash::Sha256(state.finalize().into()),
            State::Sha384(state) => Hash::Sha384(Box::new(state.finalize().into())),
            State::Sha512(state) => Hash::Sha512(Box::new(state.finalize().into())),
        })
    }
}
