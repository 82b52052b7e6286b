//! An upload of metadata and bytes in one request.

use bytes::{BufMut, Bytes, BytesMut};

use super::attributes::Look;
use super::failure::Answer;

/// A body of the type `multipart/related`, and the content type that says so.
pub fn related(look: &Look, bytes: &[u8]) -> Answer<(String, Bytes)> {
    // A boundary that the bytes cannot foresee.
    let boundary = format!("{:032x}", fastrand::u128(..));
    let kind = match look.content_type.as_str() {
        "" => "application/octet-stream",
        kind => kind,
    };
    let json = look.json()?;
    let mut body = BytesMut::with_capacity(bytes.len() + json.len() + 300);
    body.put(
        &*format!("--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n{json}\r\n")
            .into_bytes(),
    );
    body.put(&*format!("--{boundary}\r\ncontent-type: {}\r\n\r\n", one_line(kind)).into_bytes());
    body.put(bytes);
    body.put(&*format!("\r\n--{boundary}--\r\n").into_bytes());
    Ok((format!("multipart/related; boundary={boundary}"), body.freeze()))
}

/// A header's value cannot have a line break; what was noted by a server never does.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
