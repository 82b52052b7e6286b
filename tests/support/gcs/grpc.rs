//! The calls of `google.storage.v2.Storage` that are served, over gRPC.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use googleapis_tonic_google_storage_v2::google::storage::v2::{
    DeleteObjectRequest, GetObjectRequest, ListObjectsRequest, ListObjectsResponse, Object, ObjectChecksums,
    RestoreObjectRequest, RewriteObjectRequest, RewriteResponse,
};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use super::bucket::{BUCKET, Refusal, Rewrite, Rewritten, Stored};
use super::json::{bend, rewritten};
use super::trouble::{Call, Trouble};
use super::{Request, World};

type Answer<T> = Pin<Box<dyn Future<Output = Result<tonic::Response<T>, Status>> + Send>>;
/// A status message that stands for a connection cut in the middle of an answer.
const CUT: &str = "cut the answer here";

pub async fn serve(listener: TcpListener, world: Arc<World>) {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tonic::transport::Server::builder()
        .add_service(Storage { world })
        .serve_with_incoming(incoming)
        .await
        .unwrap();
}

/// The service, by hand: the crate with its messages has only clients.
#[derive(Clone)]
struct Storage {
    world: Arc<World>,
}

impl NamedService for Storage {
    const NAME: &'static str = "google.storage.v2.Storage";
}

impl tower::Service<http::Request<Body>> for Storage {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let world = Arc::clone(&self.world);
        Box::pin(async move {
            let answer = match request.uri().path().rsplit('/').next() {
                Some("ListObjects") => Grpc::new(ProstCodec::default()).unary(List(world), request).await,
                Some("GetObject") => Grpc::new(ProstCodec::default()).unary(Get(world), request).await,
                Some("DeleteObject") => Grpc::new(ProstCodec::default()).unary(Delete(world), request).await,
                Some("RestoreObject") => {
                    Grpc::new(ProstCodec::default()).unary(Restore(world), request).await
                }
                Some("RewriteObject") => Grpc::new(ProstCodec::default()).unary(Copy(world), request).await,
                _ => Status::unimplemented("not served here").into_http(),
            };
            Ok(if is_cut(&answer) { half_an_answer() } else { answer })
        })
    }
}

struct List(Arc<World>);
struct Get(Arc<World>);
struct Delete(Arc<World>);
struct Restore(Arc<World>);
struct Copy(Arc<World>);

impl UnaryService<ListObjectsRequest> for List {
    type Response = ListObjectsResponse;
    type Future = Answer<ListObjectsResponse>;

    fn call(&mut self, request: tonic::Request<ListObjectsRequest>) -> Self::Future {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = request.into_inner();
            let trouble = world.arrive(note(Call::List, &asked.prefix, String::new())).await;
            in_bucket(&asked.parent)?;
            refused(&trouble)?;
            let limit = usize::try_from(asked.page_size).unwrap().clamp(1, 1000);
            let bucket = world.bucket.lock().unwrap();
            let mut page = bucket.list(&asked.prefix, &asked.delimiter, &asked.page_token, limit);
            if let Some(Trouble::Lie(lie)) = &trouble {
                lie.bend(&mut page, &asked.page_token);
            }
            Ok(tonic::Response::new(ListObjectsResponse {
                objects: page.objects.iter().map(message).collect(),
                prefixes: page.prefixes,
                next_page_token: page.next.unwrap_or_default(),
            }))
        })
    }
}

impl UnaryService<GetObjectRequest> for Get {
    type Response = Object;
    type Future = Answer<Object>;

    fn call(&mut self, request: tonic::Request<GetObjectRequest>) -> Self::Future {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = request.into_inner();
            let trouble = world.arrive(note(Call::Stat, &asked.object, String::new())).await;
            in_bucket(&asked.bucket)?;
            refused(&trouble)?;
            let soft_deleted = asked.soft_deleted.unwrap_or(false);
            let state = world.bucket.lock().unwrap().state(&asked.object, asked.generation, soft_deleted);
            let mut stored = state.map_err(|refused| said(refused, &asked.object))?;
            if let Some(Trouble::Lie(lie)) = &trouble {
                bend(*lie, &mut stored);
            }
            Ok(tonic::Response::new(message(&stored)))
        })
    }
}

impl UnaryService<DeleteObjectRequest> for Delete {
    type Response = ();
    type Future = Answer<()>;

    fn call(&mut self, request: tonic::Request<DeleteObjectRequest>) -> Self::Future {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = request.into_inner();
            let wanted = asked.if_generation_match;
            let detail = format!("generation={}&ifGenerationMatch={wanted:?}", asked.generation);
            let trouble = world.arrive(note(Call::Delete, &asked.object, detail)).await;
            in_bucket(&asked.bucket)?;
            if !matches!(trouble, Some(Trouble::DoneButRefuse { .. })) {
                refused(&trouble)?;
            }
            let mut bucket = world.bucket.lock().unwrap();
            let generation = bucket.get(&asked.object).ok_or_else(|| no_object(&asked.object))?.generation;
            if wanted.is_some_and(|wanted| wanted != generation) {
                return Err(Status::failed_precondition("At least one of the pre-conditions did not hold."));
            }
            bucket.remove(&asked.object);
            refused(&trouble)?;
            Ok(tonic::Response::new(()))
        })
    }
}

impl UnaryService<RestoreObjectRequest> for Restore {
    type Response = Object;
    type Future = Answer<Object>;

    fn call(&mut self, request: tonic::Request<RestoreObjectRequest>) -> Self::Future {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = request.into_inner();
            let wanted = asked.if_generation_match;
            let detail = format!("generation={}&ifGenerationMatch={wanted:?}", asked.generation);
            let trouble = world.arrive(note(Call::Restore, &asked.object, detail)).await;
            in_bucket(&asked.bucket)?;
            if !matches!(trouble, Some(Trouble::DoneButRefuse { .. })) {
                refused(&trouble)?;
            }
            let restored = world.bucket.lock().unwrap().restore(&asked.object, asked.generation, wanted);
            let mut stored = restored.map_err(|refused| said(refused, &asked.object))?;
            refused(&trouble)?;
            if let Some(Trouble::Lie(lie)) = &trouble {
                bend(*lie, &mut stored);
            }
            Ok(tonic::Response::new(message(&stored)))
        })
    }
}

impl UnaryService<RewriteObjectRequest> for Copy {
    type Response = RewriteResponse;
    type Future = Answer<RewriteResponse>;

    fn call(&mut self, request: tonic::Request<RewriteObjectRequest>) -> Self::Future {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = request.into_inner();
            let trouble = world.arrive(note(Call::Copy, &asked.source_object, String::new())).await;
            in_bucket(&asked.source_bucket)?;
            in_bucket(&asked.destination_bucket)?;
            if !matches!(trouble, Some(Trouble::DoneButRefuse { .. })) {
                refused(&trouble)?;
            }
            let mut rewrite = world.rewrite(
                &asked.rewrite_token,
                Rewrite {
                    from: asked.source_object.clone(),
                    source_generation: asked.source_generation,
                    if_source_generation_match: asked.if_source_generation_match,
                    to: asked.destination_name,
                    if_generation_match: asked.if_generation_match,
                    look: asked.destination.as_ref().map(look),
                    bytes: 0,
                },
            );
            let rewritten = rewritten(&world, &rewrite, &trouble);
            let answer = match rewritten.map_err(|refused| said(refused, &asked.source_object))? {
                Rewritten::Done(stored) => RewriteResponse {
                    total_bytes_rewritten: stored.size.cast_signed(),
                    object_size: stored.size.cast_signed(),
                    done: true,
                    rewrite_token: String::new(),
                    resource: Some(message(&stored)),
                },
                Rewritten::Partly { bytes, of } => {
                    rewrite.bytes = bytes;
                    RewriteResponse {
                        total_bytes_rewritten: bytes.cast_signed(),
                        object_size: of.cast_signed(),
                        done: false,
                        rewrite_token: world.park(rewrite),
                        resource: None,
                    }
                }
            };
            refused(&trouble)?;
            Ok(tonic::Response::new(answer))
        })
    }
}

/// What the server says when the bucket does not do something.
fn said(refused: Refusal, name: &str) -> Status {
    match refused {
        Refusal::NoObject => no_object(name),
        Refusal::Precondition => {
            Status::failed_precondition("At least one of the pre-conditions did not hold.")
        }
        Refusal::NotSoftDeleted => Status::failed_precondition("objectNotSoftDeleted"),
        Refusal::NoPolicy => Status::invalid_argument("SoftDeletePolicyRequired is invalid."),
    }
}

/// A message's look in the words of the JSON API.
fn look(object: &Object) -> Map<String, Value> {
    let mut look = Map::new();
    for (word, text) in [
        ("contentType", &object.content_type),
        ("contentEncoding", &object.content_encoding),
        ("contentDisposition", &object.content_disposition),
        ("contentLanguage", &object.content_language),
        ("cacheControl", &object.cache_control),
        ("storageClass", &object.storage_class),
    ] {
        if !text.is_empty() {
            look.insert(word.to_owned(), text.clone().into());
        }
    }
    if let Some(time) = &object.custom_time {
        let time = jiff::Timestamp::new(time.seconds, time.nanos).unwrap();
        look.insert("customTime".to_owned(), time.to_string().into());
    }
    if !object.metadata.is_empty() {
        let metadata = object.metadata.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        look.insert("metadata".to_owned(), metadata.collect::<Map<_, Value>>().into());
    }
    look
}

fn note(call: Call, key: &str, detail: String) -> Request {
    Request { transport: "grpc", call, key: key.to_owned(), detail }
}

fn message(stored: &Stored) -> Object {
    let word = |word: &str| stored.look.get(word).and_then(Value::as_str).unwrap_or_default().to_owned();
    let time =
        stored.look.get("customTime").map(|time| time.as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
    let metadata = stored.look.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    Object {
        content_type: word("contentType"),
        content_encoding: word("contentEncoding"),
        content_disposition: word("contentDisposition"),
        content_language: word("contentLanguage"),
        cache_control: word("cacheControl"),
        storage_class: word("storageClass"),
        custom_time: time.map(|time| prost_types::Timestamp {
            seconds: time.as_second(),
            nanos: time.subsec_nanosecond(),
        }),
        metadata: metadata
            .into_iter()
            .map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
            .collect(),
        name: stored.name.clone(),
        bucket: format!("projects/_/buckets/{BUCKET}"),
        generation: stored.generation,
        metageneration: 1,
        size: stored.size.cast_signed(),
        checksums: Some(ObjectChecksums { crc32c: Some(stored.crc32c), md5_hash: stored.md5.to_vec() }),
        update_time: Some(prost_types::Timestamp {
            seconds: stored.updated.as_second(),
            nanos: stored.updated.subsec_nanosecond() / 1_000_000 * 1_000_000,
        }),
        ..Object::default()
    }
}

fn in_bucket(name: &str) -> Result<(), Status> {
    if name == format!("projects/_/buckets/{BUCKET}") {
        return Ok(());
    }
    Err(Status::not_found("The specified bucket does not exist."))
}

fn no_object(name: &str) -> Status {
    Status::not_found(format!("No such object: {BUCKET}/{name}"))
}

/// The status that a trouble comes to.
fn refused(trouble: &Option<Trouble>) -> Result<(), Status> {
    match trouble {
        None | Some(Trouble::Lie(_) | Trouble::Hang) => Ok(()),
        Some(Trouble::Cut | Trouble::Garbage) => Err(Status::aborted(CUT)),
        Some(Trouble::DoneButRefuse { status }) => Err(Status::new(code(*status), "Backend Error")),
        Some(Trouble::Refuse { status, message, retry_after }) => {
            let mut refusal = Status::new(code(*status), message);
            if let Some(seconds) = retry_after {
                refusal = retry_info(refusal, *seconds);
            }
            Err(refusal)
        }
    }
}

/// The gRPC code that Google pairs with an HTTP status.
fn code(status: u16) -> Code {
    match status {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 504 => Code::DeadlineExceeded,
        412 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        _ => Code::Internal,
    }
}

/// A status with `google.rpc.RetryInfo` among its details.
fn retry_info(status: Status, seconds: u32) -> Status {
    use prost::Message;
    let delay = prost_types::Duration { seconds: i64::from(seconds), nanos: 0 }.encode_to_vec();
    let info = [&[0x0a, delay.len() as u8][..], &delay].concat();
    let any =
        prost_types::Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value: info };
    let any = any.encode_to_vec();
    let code = status.code() as u8;
    let text = status.message().as_bytes();
    let mut details = vec![0x08, code, 0x12, text.len() as u8];
    details.extend_from_slice(text);
    details.extend_from_slice(&[0x1a, any.len() as u8]);
    details.extend_from_slice(&any);
    Status::with_details(status.code(), status.message(), details.into())
}

fn is_cut(answer: &http::Response<Body>) -> bool {
    Status::from_header_map(answer.headers()).is_some_and(|status| status.message() == CUT)
}

/// A frame that promises more bytes than come, and no trailers.
fn half_an_answer() -> http::Response<Body> {
    let frame = bytes::Bytes::from_static(&[0, 0, 0, 1, 0, 0x0a]);
    let body = Body::new(axum::body::Body::from(frame));
    http::Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}
