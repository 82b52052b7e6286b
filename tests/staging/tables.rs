//! The server's own tables hold the same columns and words as those of a real server.

use serde_json::Value;

use super::stage::{NAMESPACE, Stage, recorded};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

fn table(stage: &Stage, path: &str) -> Value {
    let (status, text) = stage.get_as(path, TABLE);
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Name, type, format and priority of each column.
fn columns(table: &Value) -> Vec<(Value, Value, Value, Value)> {
    let column = |column: &Value| {
        (column["name"].clone(), column["type"].clone(), column["format"].clone(), column["priority"].clone())
    };
    table["columnDefinitions"].as_array().unwrap().iter().map(column).collect()
}

/// The cells of each row, and whether it is finished; ages taken out.
fn rows(table: &Value) -> Vec<(Vec<String>, Value)> {
    let cells = |row: &Value| {
        let cell = |(column, cell): (usize, &Value)| match (column, cell.as_str().unwrap()) {
            (3, restarts) if restarts.ends_with(" ago)") => {
                restarts.split_once('(').unwrap().0.to_owned() + "(some time ago)"
            }
            (4, _) => "age".to_owned(),
            (_, words) => words.to_owned(),
        };
        row["cells"].as_array().unwrap().iter().enumerate().map(cell).collect()
    };
    table["rows"].as_array().unwrap().iter().map(|row| (cells(row), row["conditions"].clone())).collect()
}

#[test]
fn the_table_of_pods_is_that_of_a_real_server() {
    let stage = Stage::recorded();
    let ours =
        table(&stage, &format!("/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app%3Dregistry&limit=500"));
    let theirs = recorded("table-pods");
    assert_eq!(columns(&ours), columns(&theirs));
    assert_eq!(rows(&ours), rows(&theirs));
    assert_eq!(rows(&ours).len(), 12);
    for (ours, theirs) in ours["rows"].as_array().unwrap().iter().zip(theirs["rows"].as_array().unwrap()) {
        let metadata = |row: &Value| {
            let mut metadata = row["object"]["metadata"].clone();
            metadata.as_object_mut().unwrap().remove("resourceVersion");
            metadata
        };
        assert_eq!(metadata(ours), metadata(theirs));
        assert_eq!(ours["object"]["kind"], theirs["object"]["kind"]);
        assert_eq!(ours["object"]["apiVersion"], theirs["object"]["apiVersion"]);
    }
}

#[test]
fn rows_carry_as_much_of_their_objects_as_was_asked_for() {
    let stage = Stage::recorded();
    let path = format!("/api/v1/namespaces/{NAMESPACE}/services");
    let object = |query: &str| table(&stage, &format!("{path}?{query}"))["rows"][0]["object"].clone();
    assert_eq!(object("includeObject=None"), Value::Null);
    assert_eq!(object("includeObject=Object")["spec"]["clusterIP"], "10.0.200.99");
    assert_eq!(object("")["kind"], "PartialObjectMetadata");
    assert_eq!(object("")["spec"], Value::Null);
}
