//! Reading JSON in which anything may be missing or null.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// Null and nothing are the same: the default.
pub fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A time; none where it does not read as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp(pub Option<Timestamp>);

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Option::<Cow<'de, str>>::deserialize(from)?;
        Ok(Self(text.and_then(|text| text.parse().ok())))
    }
}

/// Structures of the API, camel-cased, in which any field may be missing or null.
macro_rules! wire {
    ($($(#[$outer:meta])* struct $name:ident {
        $($(#[$inner:meta])* $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$outer])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name {
            $(#[serde(deserialize_with = "crate::sources::kubernetes::wire::lenient::or_default")]
            $(#[$inner])*
            pub $field: $type,)*
        }
    )*};
}
pub(in crate::sources::kubernetes) use wire;
