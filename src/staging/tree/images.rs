//! Makes images of every kind that clients push.

use std::collections::BTreeMap;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use serde_json::json;

use super::error::Result;
use super::image::{Descriptor, Image, Manifest, Platform, media};
use super::seed::{Seed, sha256};

/// The two families of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Docker,
    Oci,
}

impl Family {
    const fn manifest(self) -> &'static str {
        match self {
            Self::Docker => media::DOCKER_MANIFEST,
            Self::Oci => media::OCI_MANIFEST,
        }
    }

    const fn index(self) -> &'static str {
        match self {
            Self::Docker => media::DOCKER_LIST,
            Self::Oci => media::OCI_INDEX,
        }
    }

    const fn config(self) -> &'static str {
        match self {
            Self::Docker => media::DOCKER_CONFIG,
            Self::Oci => media::OCI_CONFIG,
        }
    }

    const fn layer(self) -> &'static str {
        match self {
            Self::Docker => media::DOCKER_LAYER,
            Self::Oci => media::OCI_LAYER,
        }
    }

    const fn foreign_layer(self) -> &'static str {
        match self {
            Self::Docker => media::DOCKER_FOREIGN_LAYER,
            Self::Oci => media::OCI_FOREIGN_LAYER,
        }
    }
}

/// A packed layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The gzip stream that is stored.
    pub packed: Bytes,
    /// Digest of the tar inside, which the configuration names.
    pub diff_id: String,
}

/// The layers and the look of one image to be made.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Different labels give different images.
    pub label: &'a str,
    pub family: Family,
    pub architecture: &'a str,
    /// Layers that other images have too; they come first.
    pub base: Vec<Layer>,
    /// How many layers of its own.
    pub own: usize,
}

impl<'a> Plan<'a> {
    /// A docker image for amd64 with two layers of its own.
    pub fn new(label: &'a str) -> Self {
        Self { label, family: Family::Docker, architecture: "amd64", base: Vec::new(), own: 2 }
    }

    /// The same of another family.
    pub fn family(self, family: Family) -> Self {
        Self { family, ..self }
    }
}

/// Makes images whose bytes follow from the seed and their labels.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    pub seed: Seed,
    /// Typical bytes of a layer before packing.
    pub layer_bytes: usize,
}

impl Images {
    /// A layer with one file in it.
    pub fn layer(&self, label: &str) -> Result<Layer> {
        let size = self.layer_bytes / 2 + self.seed.below(label, self.layer_bytes.max(1));
        let body = self.seed.bytes(label, size);
        let mut header = tar::Header::new_ustar();
        header.set_size(body.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        let mut tar = tar::Builder::new(Vec::new());
        let name = &sha256(label.as_bytes())[7..19];
        tar.append_data(&mut header, format!("opt/{name}"), body.as_slice())?;
        let tar = tar.into_inner()?;
        let mut gzip = GzBuilder::new().mtime(0).read(tar.as_slice(), Compression::none());
        let mut packed = Vec::new();
        std::io::Read::read_to_end(&mut gzip, &mut packed)?;
        Ok(Layer { packed: packed.into(), diff_id: sha256(&tar) })
    }

    /// Manifest and blobs of a plan, the manifest still open to changes.
    pub fn draft(&self, plan: &Plan) -> Result<(Manifest, Vec<Bytes>)> {
        let mut layers = plan.base.clone();
        for number in 0..plan.own {
            layers.push(self.layer(&format!("{}#{number}", plan.label))?);
        }
        let config = self.config(plan, &layers)?;
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(plan.family.manifest().to_owned()),
            config: Some(Descriptor::of(plan.family.config(), &config)),
            layers: layers.iter().map(|layer| Descriptor::of(plan.family.layer(), &layer.packed)).collect(),
            ..Manifest::default()
        };
        let blobs = layers.into_iter().map(|layer| layer.packed).chain([config]).collect();
        Ok((manifest, blobs))
    }

    fn config(&self, plan: &Plan, layers: &[Layer]) -> Result<Bytes> {
        let diff_ids: Vec<_> = layers.iter().map(|layer| layer.diff_id.as_str()).collect();
        let made = "2024-05-01T08:00:00Z";
        let config = json!({
            "architecture": plan.architecture,
            "os": "linux",
            "created": made,
            "config": { "Env": ["PATH=/usr/bin"], "Cmd": ["/opt/run"], "Labels": { "name": plan.label } },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": [{ "created": made, "created_by": format!("staging {}", plan.label) }],
        });
        Ok(serde_json::to_vec(&config)?.into())
    }

    /// The image of a plan.
    pub fn image(&self, plan: &Plan) -> Result<Image> {
        self.image_with(plan, |_| {})
    }

    /// The image of a plan whose manifest is changed before it is sealed.
    pub fn image_with(&self, plan: &Plan, change: impl FnOnce(&mut Manifest)) -> Result<Image> {
        let (mut manifest, blobs) = self.draft(plan)?;
        change(&mut manifest);
        Image::of_manifest(&manifest, plan.family.manifest(), blobs)
    }

    /// An image whose first layer lies elsewhere, under `urls`.
    pub fn with_foreign_layer(&self, plan: &Plan) -> Result<Image> {
        let foreign = self.layer(&format!("{} foreign", plan.label))?;
        let mut descriptor = Descriptor::of(plan.family.foreign_layer(), &foreign.packed);
        descriptor.urls = vec![format!("https://mirror.invalid/layers/{}", &descriptor.digest[7..])];
        self.image_with(plan, |manifest| manifest.layers.insert(0, descriptor))
    }

    /// An index over children, each with what the index says about it.
    pub fn index(&self, family: Family, children: Vec<(Image, Option<Platform>)>) -> Result<Image> {
        let manifests = children
            .iter()
            .map(|(image, platform)| Descriptor { platform: platform.clone(), ..image.descriptor() })
            .collect();
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(family.index().to_owned()),
            manifests,
            ..Manifest::default()
        };
        let mut index = Image::of_manifest(&manifest, family.index(), [])?;
        index.children = children.into_iter().map(|(image, _)| image).collect();
        Ok(index)
    }

    /// One image for each of two platforms.
    pub fn platforms(&self, label: &str, family: Family) -> Result<Vec<(Image, Option<Platform>)>> {
        let mut children = Vec::new();
        for (architecture, variant) in [("amd64", None), ("arm64", Some("v8"))] {
            let label = format!("{label} {architecture}");
            let image = self.image(&Plan { architecture, ..Plan::new(&label).family(family) })?;
            children.push((image, Some(platform(architecture, "linux", variant))));
        }
        Ok(children)
    }

    /// An index over two platforms.
    pub fn multi_arch(&self, label: &str, family: Family) -> Result<Image> {
        self.index(family, self.platforms(label, family)?)
    }

    /// What an attestation child holds: provenance instead of a file system.
    pub fn attestation(&self, label: &str, subject: &Image) -> Result<(Image, Option<Platform>)> {
        let statement = serde_json::to_vec(&json!({
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{ "name": label, "digest": { "sha256": &subject.digest[7..] } }],
            "predicate": {},
        }))?;
        let config = serde_json::to_vec(&json!({
            "architecture": "unknown", "os": "unknown", "config": {},
            "rootfs": { "type": "layers", "diff_ids": [sha256(&statement)] },
        }))?;
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(media::OCI_MANIFEST.to_owned()),
            config: Some(Descriptor::of(media::OCI_CONFIG, &config)),
            layers: vec![Descriptor::of("application/vnd.in-toto+json", &statement)],
            ..Manifest::default()
        };
        let image = Image::of_manifest(&manifest, media::OCI_MANIFEST, [config.into(), statement.into()])?;
        Ok((image, Some(platform("unknown", "unknown", None))))
    }

    /// An OCI artifact, whose configuration is the two bytes `{}`.
    pub fn artifact(&self, label: &str, artifact_type: &str, subject: Option<&Image>) -> Result<Image> {
        let body = self.seed.bytes(label, 300);
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(media::OCI_MANIFEST.to_owned()),
            artifact_type: Some(artifact_type.to_owned()),
            config: Some(Descriptor::of(media::OCI_EMPTY, b"{}")),
            layers: vec![Descriptor::of(artifact_type, &body)],
            subject: subject.map(Image::descriptor),
            annotations: BTreeMap::from([("org.opencontainers.image.title".to_owned(), label.to_owned())]),
            ..Manifest::default()
        };
        let blobs = [Bytes::from_static(b"{}"), body.into()];
        Image::of_manifest(&manifest, media::OCI_MANIFEST, blobs)
    }

    /// A helm chart: configuration and layer of media types of their own, no mediaType on top.
    pub fn chart(&self, label: &str) -> Result<Image> {
        let config = serde_json::to_vec(&json!({ "name": label, "version": "1.0.0", "apiVersion": "v2" }))?;
        let chart = self.layer(label)?.packed;
        let layer = Descriptor::of("application/vnd.cncf.helm.chart.content.v1.tar+gzip", &chart);
        let manifest = Manifest {
            schema_version: 2,
            config: Some(Descriptor::of("application/vnd.cncf.helm.config.v1+json", &config)),
            layers: vec![layer],
            ..Manifest::default()
        };
        Image::of_manifest(&manifest, media::OCI_MANIFEST, [config.into(), chart])
    }

    /// A build cache of the old shape: an index whose entries are layers and a configuration.
    pub fn build_cache(&self, label: &str) -> Result<Image> {
        let mut manifests = Vec::new();
        let mut blobs = Vec::new();
        for number in 0..2 {
            let layer = self.layer(&format!("{label} cache {number}"))?;
            manifests.push(Descriptor::of(media::OCI_LAYER, &layer.packed));
            blobs.push(layer.packed);
        }
        let names: Vec<_> = manifests.iter().map(|entry| json!({ "blob": entry.digest })).collect();
        let config = serde_json::to_vec(&json!({ "layers": names, "records": [] }))?;
        manifests.push(Descriptor::of("application/vnd.buildkit.cacheconfig.v0", &config));
        blobs.push(config.into());
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(media::OCI_INDEX.to_owned()),
            manifests,
            ..Manifest::default()
        };
        Image::of_manifest(&manifest, media::OCI_INDEX, blobs)
    }
}

fn platform(architecture: &str, os: &str, variant: Option<&str>) -> Platform {
    Platform { architecture: architecture.to_owned(), os: os.to_owned(), variant: variant.map(str::to_owned) }
}
