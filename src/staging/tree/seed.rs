//! Bytes that look random and follow from a seed and a label alone.

use sha2::{Digest, Sha256, Sha512};

/// The source of every invented byte of a tree: the same seed and label give the same bytes.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// `length` bytes: SHA-256 in counter mode over seed and label.
    pub fn bytes(self, label: &str, length: usize) -> Vec<u8> {
        let mut start = Sha256::new();
        start.update(self.0.to_be_bytes());
        start.update(label.as_bytes());
        let blocks = length.div_ceil(32);
        let mut bytes: Vec<u8> = (0..blocks as u64)
            .flat_map(|counter| start.clone().chain_update(counter.to_be_bytes()).finalize())
            .collect();
        bytes.truncate(length);
        bytes
    }

    /// A number below `bound`.
    pub fn below(self, label: &str, bound: usize) -> usize {
        let number = self.bytes(label, 8).iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        (number % bound.max(1) as u64) as usize
    }

    /// A version 4 UUID, as registries name uploads and temporary files.
    pub fn uuid(self, label: &str) -> String {
        let mut bytes = self.bytes(label, 16);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let text = hex::encode(bytes);
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
    }
}

/// `sha256:<hex>` of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// `sha512:<hex>` of some bytes.
pub fn sha512(bytes: &[u8]) -> String {
    format!("sha512:{}", hex::encode(Sha512::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_label_give_the_same_bytes_and_others_do_not() {
        assert_eq!(Seed(1).bytes("a", 100), Seed(1).bytes("a", 100));
        assert_ne!(Seed(1).bytes("a", 100), Seed(2).bytes("a", 100));
        assert_ne!(Seed(1).bytes("a", 100), Seed(1).bytes("b", 100));
        assert_eq!(Seed(1).bytes("a", 100)[..40], Seed(1).bytes("a", 40)[..]);
    }

    #[test]
    fn uploads_get_version_4_uuids() {
        let uuid = Seed(7).uuid("upload");
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
    }
}
