//! In which form the client wants its answer.

use super::status::Problem;

/// How objects are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Table(TableForm),
}

/// A table, of which version, and what each row carries of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableForm {
    pub version: &'static str,
    pub include: Include,
}

/// What each row of a table carries of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    Nothing,
    Metadata,
    Object,
}

impl Form {
    /// The first form of the header that can be served. Protobuf cannot: whoever asks for it takes JSON as well.
    pub fn parse(accept: &str) -> Result<Self, Problem> {
        if accept.trim().is_empty() {
            return Ok(Self::Plain);
        }
        accept.split(',').find_map(Self::of).ok_or_else(Problem::not_acceptable)
    }

    fn of(range: &str) -> Option<Self> {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next()?;
        if !matches!(kind, "application/json" | "application/*" | "*/*") {
            return None;
        }
        let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let value = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let table = |version| Some(Self::Table(TableForm { version, include: Include::Metadata }));
        match (value("as"), value("g"), value("v")) {
            (None, ..) => Some(Self::Plain),
            (Some("Table"), Some("meta.k8s.io"), Some("v1")) => table("meta.k8s.io/v1"),
            (Some("Table"), Some("meta.k8s.io"), Some("v1beta1")) => table("meta.k8s.io/v1beta1"),
            _ => None,
        }
    }

    /// With what the query says about the rows' objects.
    pub fn with_objects(self, wanted: Option<&str>) -> Result<Self, Problem> {
        let include = match wanted {
            None | Some("Metadata") => Include::Metadata,
            Some("None") => Include::Nothing,
            Some("Object") => Include::Object,
            Some(other) => {
                return Err(Problem::bad_request(format!("unrecognized includeObject value: {other:?}")));
            }
        };
        Ok(match self {
            Self::Plain => Self::Plain,
            Self::Table(form) => Self::Table(TableForm { include, ..form }),
        })
    }

    pub const fn is_table(self) -> bool {
        matches!(self, Self::Table(_))
    }

    /// The table's form; the usual one where none was asked for.
    pub const fn of_table(self) -> TableForm {
        match self {
            Self::Table(form) => form,
            Self::Plain => TableForm { version: "meta.k8s.io/v1", include: Include::Metadata },
        }
    }
}
