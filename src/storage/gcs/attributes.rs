//! What an object is called besides its name and bytes: as text to be noted, and back onto an object.

use std::collections::BTreeMap;

use google_cloud_storage::model;
use google_cloud_wkt as wkt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::failure::{Answer, Failure};
use crate::storage::{Attributes, ErrorKind, Result, StoreError};

/// What is asked for of an object to put it back, in the words of the JSON API.
pub const FIELDS: &str = "contentType,contentEncoding,contentDisposition,contentLanguage,cacheControl,storageClass,\
                          customTime,metadata";
/// The same in the words of gRPC.
pub const MASK: [&str; 8] = [
    "content_type",
    "content_encoding",
    "content_disposition",
    "content_language",
    "cache_control",
    "storage_class",
    "custom_time",
    "metadata",
];

/// What of an object is kept besides its bytes, in the words of the JSON API. Access lists, holds, retention and keys
/// of its own are not: the bucket's defaults hold for what is written anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Look {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_encoding: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_disposition: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_language: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cache_control: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Look {
    /// What was noted of `key`; refuses what [`Look::noted`] never yields.
    pub fn parse(key: &str, noted: &Attributes) -> Result<Self> {
        let odd = || {
            let detail = format!("\"{}\" are no attributes of an object", noted.0);
            StoreError::new(ErrorKind::Broken, key, detail)
        };
        let look: Self = serde_json::from_str(&noted.0).map_err(|_| odd())?;
        if look.noted(key)? == *noted { Ok(look) } else { Err(odd()) }
    }

    /// The text to be noted.
    pub fn noted(&self, key: &str) -> Result<Attributes> {
        let text = serde_json::to_string(self);
        text.map(Attributes).map_err(|error| StoreError::new(ErrorKind::Broken, key, error.to_string()))
    }

    /// The text as the JSON API takes it.
    pub fn json(&self) -> Answer<String> {
        serde_json::to_string(self).map_err(|error| Failure::broken(error.to_string()))
    }

    /// The custom time as gRPC has it.
    pub fn time(&self) -> Option<wkt::Timestamp> {
        let time = self.custom_time?;
        wkt::Timestamp::new(time.as_second(), time.subsec_nanosecond()).ok()
    }

    /// The look as gRPC has it, on an object that says nothing else.
    pub fn object(&self) -> model::Object {
        model::Object::new()
            .set_content_type(&self.content_type)
            .set_content_encoding(&self.content_encoding)
            .set_content_disposition(&self.content_disposition)
            .set_content_language(&self.content_language)
            .set_cache_control(&self.cache_control)
            .set_storage_class(&self.storage_class)
            .set_or_clear_custom_time(self.time())
            .set_metadata(self.metadata.clone())
    }
}

impl From<&model::Object> for Look {
    fn from(object: &model::Object) -> Self {
        let time = object.custom_time.as_ref();
        Self {
            content_type: object.content_type.clone(),
            content_encoding: object.content_encoding.clone(),
            content_disposition: object.content_disposition.clone(),
            content_language: object.content_language.clone(),
            cache_control: object.cache_control.clone(),
            storage_class: object.storage_class.clone(),
            custom_time: time.and_then(|time| Timestamp::new(time.seconds(), time.nanos()).ok()),
            metadata: object.metadata.clone().into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_comes_back_in_both_apis_words() {
        let look = Look {
            content_type: "application/json".to_owned(),
            custom_time: "2026-01-02T03:04:05.678Z".parse().ok(),
            metadata: [("a \"b\"".to_owned(), "é\n".to_owned())].into(),
            ..Look::default()
        };
        for look in [look, Look::default()] {
            assert_eq!(Look::parse("key", &look.noted("key").unwrap()), Ok(look.clone()));
            assert_eq!(Look::from(&look.object()), look);
        }
    }

    #[test]
    fn nonsense_is_no_look() {
        for odd in ["", "[]", "null", r#"{"mode":"0644"}"#, r#"{"contentType":1}"#, r#"{ "contentType":"a"}"#]
        {
            let refused = Look::parse("key", &Attributes(odd.to_owned())).map_err(|error| error.kind);
            assert_eq!(refused, Err(ErrorKind::Broken), "{odd}");
        }
    }
}
