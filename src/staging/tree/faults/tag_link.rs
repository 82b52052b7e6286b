//! Faults of `tags/<tag>/current/link` that lie in its bytes.

use crate::staging::tree::case::{Fault, Scene, Stores};
use crate::staging::tree::error::Result;
use crate::staging::tree::image::Image;
use crate::staging::tree::keys;
use crate::staging::tree::seed::sha512;

use super::PULL_BROKEN;

/// A link that does not parse also stops deletes of its siblings.
const UNPARSABLE: Fault = Fault { poisons: Stores::Both, ..PULL_BROKEN };

pub const FAULTS: &[Fault] = &[
    Fault { id: "empty-current-link", spoil: |s| link(s, |_| Vec::new()), ..UNPARSABLE },
    Fault { id: "current-link-newline", spoil: |s| text(s, |digest| format!("{digest}\n")), ..UNPARSABLE },
    Fault { id: "current-link-crlf", spoil: |s| text(s, |digest| format!("{digest}\r\n")), ..UNPARSABLE },
    Fault {
        id: "current-link-leading-space",
        spoil: |s| text(s, |digest| format!(" {digest}")),
        ..UNPARSABLE
    },
    Fault { id: "current-link-only-whitespace", spoil: |s| text(s, |_| " \n".to_owned()), ..UNPARSABLE },
    Fault { id: "current-link-bom", spoil: |s| text(s, |digest| format!("\u{feff}{digest}")), ..UNPARSABLE },
    Fault {
        id: "current-link-nul-bytes",
        spoil: |s| link(s, |image| vec![0; image.digest.len()]),
        ..UNPARSABLE
    },
    Fault { id: "current-link-garbage", spoil: |s| text(s, |_| error_page()), ..UNPARSABLE },
    Fault { id: "current-link-binary", spoil: binary, ..UNPARSABLE },
    Fault {
        id: "current-link-truncated",
        spoil: |s| text(s, |digest| digest[..40].to_owned()),
        ..UNPARSABLE
    },
    Fault {
        id: "current-link-one-char-short",
        spoil: |s| text(s, |digest| digest[..digest.len() - 1].to_owned()),
        ..UNPARSABLE
    },
    Fault { id: "current-link-doubled", spoil: |s| text(s, |digest| digest.repeat(2)), ..UNPARSABLE },
    Fault {
        id: "current-link-no-algorithm",
        spoil: |s| text(s, |digest| digest[7..].to_owned()),
        ..UNPARSABLE
    },
    Fault {
        id: "current-link-uppercase-hex",
        spoil: |s| text(s, |digest| format!("sha256:{}", digest[7..].to_uppercase())),
        ..UNPARSABLE
    },
    Fault {
        id: "current-link-nonhex",
        spoil: |s| text(s, |_| format!("sha256:{}", "z".repeat(64))),
        ..UNPARSABLE
    },
    Fault { id: "current-link-md5", spoil: |s| link(s, |image| super::md5(&image.raw)), ..UNPARSABLE },
    Fault {
        id: "current-link-path",
        spoil: |s| text(s, |digest| format!("/{}", keys::blob(digest))),
        ..UNPARSABLE
    },
    Fault {
        id: "current-link-sha512",
        spoil: |s| link(s, |image| sha512(&image.raw).into_bytes()),
        ..PULL_BROKEN
    },
    Fault { id: "current-link-to-layer", spoil: to_layer, ..PULL_BROKEN },
];

fn link(scene: &mut Scene, content: fn(&Image) -> Vec<u8>) -> Result<()> {
    let content = content(&scene.part()?.image);
    write(scene, &content)
}

fn text(scene: &mut Scene, content: fn(&str) -> String) -> Result<()> {
    let content = content(&scene.part()?.image.digest);
    write(scene, content.as_bytes())
}

fn write(scene: &mut Scene, content: &[u8]) -> Result<()> {
    let key = keys::current_link(scene.repository(), scene.tag());
    scene.put(&key, content)?;
    scene.blame_tag(key);
    Ok(())
}

fn error_page() -> String {
    "<html><body><h1>503</h1>the store is away</body></html>\n".to_owned()
}

fn binary(scene: &mut Scene) -> Result<()> {
    let mut content = scene.noise("binary link", 71);
    content[0] |= 0x80;
    write(scene, &content)
}

fn to_layer(scene: &mut Scene) -> Result<()> {
    let layer = scene.layer(0)?;
    write(scene, layer.as_bytes())
}
