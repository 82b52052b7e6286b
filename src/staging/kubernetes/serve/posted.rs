//! Posted reviews: JSON, or the protobuf that kubectl posts without asking whether it is understood.

use serde_json::{Map, Value, json};

/// What a protobuf body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// Fields of `ResourceAttributes`, by number.
const RESOURCE: &[(u64, &str)] = &[
    (1, "namespace"),
    (2, "verb"),
    (3, "group"),
    (4, "version"),
    (5, "resource"),
    (6, "subresource"),
    (7, "name"),
];
/// Fields of `NonResourceAttributes`.
const PATH: &[(u64, &str)] = &[(1, "path"), (2, "verb")];

/// The review as JSON, as far as it matters; none if the body is neither.
pub fn review(body: &[u8]) -> Option<Value> {
    let Some(envelope) = body.strip_prefix(MAGIC) else {
        return serde_json::from_slice(body).ok().filter(Value::is_object);
    };
    let raw = field(envelope, 2).unwrap_or_default();
    let spec = field(raw, 2).unwrap_or_default();
    let mut answer = json!({"spec": {}});
    for (number, name, fields) in [(1, "resourceAttributes", RESOURCE), (2, "nonResourceAttributes", PATH)] {
        if let Some(attributes) = field(spec, number) {
            answer["spec"][name] = texts(attributes, fields);
        }
    }
    Some(answer)
}

fn texts(message: &[u8], fields: &[(u64, &str)]) -> Value {
    let text = |number| field(message, number).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let found = fields.iter().filter_map(|(number, name)| Some(((*name).to_owned(), text(*number)?.into())));
    Value::Object(found.filter(|(_, value): &(_, Value)| value != "").collect::<Map<_, _>>())
}

/// The bytes of a message's field; none if it has none, or if the message ends too early.
fn field(mut message: &[u8], wanted: u64) -> Option<&[u8]> {
    while !message.is_empty() {
        let tag = number(&mut message)?;
        let length = match tag & 7 {
            0 => {
                number(&mut message)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(number(&mut message)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (bytes, rest) = message.split_at_checked(length)?;
        if tag >> 3 == wanted && tag & 7 == 2 {
            return Some(bytes);
        }
        message = rest;
    }
    None
}

/// A number in pieces of seven bits.
fn number(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            review(&bytes);
            review(&[MAGIC, &bytes].concat());
        }
    }

    #[test]
    fn attributes_are_found_in_protobuf() {
        let message = |number: u8, bytes: &[u8]| {
            [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
        };
        let attributes = [message(2, b"list"), message(5, b"pods")].concat();
        let envelope = message(2, &message(2, &message(1, &attributes)));
        let found = review(&[MAGIC, &envelope].concat()).unwrap();
        assert_eq!(found, json!({"spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}}}));
    }
}
