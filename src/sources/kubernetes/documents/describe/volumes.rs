//! The volumes of a pod, in its description.

use serde_json::Value;

use super::super::json::{list, scalar, text, truth};
use super::tabs::Sheet;

/// Kind of volume, its words, and what is said of it: a title, and where that is found.
type Kind = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const KINDS: &[Kind] = &[
    ("hostPath", "HostPath (bare host directory volume)", &[("Path:", "path"), ("HostPathType:", "type")]),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium:", "medium"), ("SizeLimit:", "sizeLimit")],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName:", "secretName"), ("Optional:", "optional")],
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name:", "name"), ("Optional:", "optional")],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName:", "claimName"), ("ReadOnly:", "readOnly")],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server:", "server"), ("Path:", "path"), ("ReadOnly:", "readOnly")],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[("Driver:", "driver"), ("FSType:", "fsType"), ("ReadOnly:", "readOnly")],
    ),
];

/// What is said where nothing was set.
const UNSET: &[(&str, &str)] =
    &[("sizeLimit", "<unset>"), ("type", "<none>"), ("optional", "false"), ("readOnly", "false")];

/// The section of volumes.
pub fn volumes(sheet: &mut Sheet, volumes: &[Value]) {
    if volumes.is_empty() {
        sheet.row(0, &["Volumes:", "<none>"]);
        return;
    }
    sheet.row(0, &["Volumes:"]);
    for volume in volumes {
        sheet.row(1, &[&format!("{}:", text(volume, "/name"))]);
        if let Some((kind, words, said)) = KINDS.iter().find(|(kind, ..)| volume.get(kind).is_some()) {
            sheet.row(2, &["Type:", words]);
            for (title, field) in *said {
                let value = scalar(volume, &format!("/{kind}/{field}"));
                let unset = UNSET.iter().find(|(name, _)| name == field).map_or("", |(_, unset)| unset);
                sheet.row(2, &[title, if value.is_empty() { unset } else { &value }]);
            }
        } else if volume.get("projected").is_some() {
            projected(sheet, volume);
        } else {
            let kind = volume.as_object().and_then(|fields| fields.keys().find(|key| *key != "name"));
            sheet.row(2, &["Type:", kind.map_or("<unknown>", String::as_str)]);
        }
    }
}

fn projected(sheet: &mut Sheet, volume: &Value) {
    sheet.row(2, &["Type:", "Projected (a volume that contains injected data from multiple sources)"]);
    for source in list(volume, "/projected/sources") {
        for (kind, title) in [("secret", "SecretName:"), ("configMap", "ConfigMapName:")] {
            if source.get(kind).is_some() {
                sheet.row(2, &[title, text(source, &format!("/{kind}/name"))]);
                sheet.row(2, &["Optional:", &truth(source, &format!("/{kind}/optional")).to_string()]);
            }
        }
        if source.get("downwardAPI").is_some() {
            sheet.row(2, &["DownwardAPI:", "true"]);
        }
        if source.get("serviceAccountToken").is_some() {
            let seconds = scalar(source, "/serviceAccountToken/expirationSeconds");
            sheet.row(2, &["TokenExpirationSeconds:", &seconds]);
        }
    }
}
