//! A real docker-registry on loopback, pushed to by skopeo.

use std::{fs, path::PathBuf, process::Stdio};

use quarterdeck::{
    registry::digest::Digest,
    sources::registry_api::{Client, Credentials, Password, Settings},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::image;

pub const USER: &str = "watch";
pub const PASSWORD: &str = "open sesame";
/// [`PASSWORD`] by bcrypt.
const HTPASSWD: &str = "watch:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n";

/// Who may use the registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Open,
    Password,
}

/// A registry process that ends with this value.
pub struct Registry {
    folder: TempDir,
    address: String,
    scheme: &'static str,
    door: Door,
    child: Child,
}

impl Registry {
    pub async fn start(door: Door) -> Self {
        Self::with(door, None).await
    }

    /// A registry that shows this certificate, and its key, both as PEM.
    pub async fn start_tls(certificate: &str, key: &str) -> Self {
        Self::with(Door::Open, Some((certificate, key))).await
    }

    async fn with(door: Door, tls: Option<(&str, &str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut config = format!(
            "version: 0.1\nlog: {{accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\nhttp: {{addr: \"127.0.0.1:0\", secret: tests{}}}\n",
            at("root"),
            if tls.is_some() {
                format!(", tls: {{certificate: {}, key: {}}}", at("cert.pem"), at("key.pem"))
            } else {
                String::new()
            },
        );
        if let Some((certificate, key)) = tls {
            fs::write(at("cert.pem"), certificate).unwrap();
            fs::write(at("key.pem"), key).unwrap();
        }
        if door == Door::Password {
            fs::write(at("htpasswd"), HTPASSWD).unwrap();
            config += &format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", at("htpasswd"));
        }
        fs::write(at("config.yml"), config).unwrap();
        let mut child = Command::new("docker-registry")
            .args(["serve", &at("config.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("docker-registry has to be installed: `apt-get install docker-registry`");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("docker-registry ended before it listened");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(['"', ',']).next().unwrap().to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let scheme = if tls.is_some() { "https" } else { "http" };
        Self { folder, address, scheme, door, child }
    }

    /// Pushes an image for these architectures as `name` and returns its index's digest.
    pub async fn push(&self, name: &str, architectures: &[&str]) -> Digest {
        let layout = tempfile::tempdir().unwrap();
        let digest = image::write(layout.path(), architectures);
        let mut command = Command::new("skopeo");
        command.args(["--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false"]);
        if self.door == Door::Password {
            command.args(["--dest-creds", &format!("{USER}:{PASSWORD}")]);
        }
        let output = command
            .arg(format!("oci:{}", layout.path().display()))
            .arg(format!("docker://{}/{name}", self.address))
            .output()
            .await
            .expect("skopeo has to be installed: `apt-get install skopeo`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        digest
    }

    /// Ends the registry and waits until it is gone.
    pub async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }

    /// The folder that holds `docker/registry/v2`.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub fn settings(&self) -> Settings {
        Settings::at(format!("{}://{}", self.scheme, self.address).parse().unwrap())
    }

    pub fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }

    /// A client that logs in with this password.
    pub fn client_with(&self, password: &str) -> Client {
        let credentials = Some(self.credentials(password));
        Client::new(Settings { credentials, ..self.settings() }).unwrap()
    }

    /// Our name with this password.
    pub fn credentials(&self, password: &str) -> Credentials {
        let file = self.folder.path().join(format!("password-{}", Digest::of(password.as_bytes()).short()));
        fs::write(&file, password).unwrap();
        Credentials { username: USER.into(), password: Password::File(file) }
    }
}
