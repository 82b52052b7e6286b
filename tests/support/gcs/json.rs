//! The JSON API with media downloads and uploads, over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::bucket::{BUCKET, Refusal, Rewrite, Rewritten, Stored};
use super::trouble::{Call, Lie, Trouble};
use super::{Request, World};

type Parameters = Query<BTreeMap<String, String>>;

pub async fn serve(listener: TcpListener, world: Arc<World>) {
    let router = Router::new()
        .route("/", get(clock))
        .route("/storage/v1/b/{bucket}/o", get(list))
        .route("/storage/v1/b/{bucket}/o/{object}", get(object).delete(delete))
        .route("/storage/v1/b/{bucket}/o/{object}/restore", post(restore))
        .route("/storage/v1/b/{bucket}/o/{object}/rewriteTo/b/{to_bucket}/o/{to}", post(rewrite))
        .route("/upload/storage/v1/b/{bucket}/o", post(create))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(world);
    // Otherwise small answers wait for an acknowledgement, and a latency measured here would be the kernel's.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    axum::serve(listener, router).await.unwrap();
}

async fn clock(State(world): State<Arc<World>>) -> Response {
    let trouble = world.arrive(request(Call::Clock, "", &Query::default())).await;
    respond(trouble, StatusCode::OK.into_response())
}

async fn list(State(world): State<Arc<World>>, Path(bucket): Path<String>, query: Parameters) -> Response {
    let get = |name| query.get(name).map_or("", String::as_str);
    let trouble = world.arrive(request(Call::List, get("prefix"), &query)).await;
    if bucket != BUCKET {
        return no_bucket();
    }
    let limit = get("maxResults").parse().unwrap_or(1000).min(1000);
    let mut page =
        world.bucket.lock().unwrap().list(get("prefix"), get("delimiter"), get("pageToken"), limit);
    if let Some(Trouble::Lie(lie)) = &trouble {
        lie.bend(&mut page, get("pageToken"));
    }
    let mut answer = json!({ "kind": "storage#objects" });
    for (name, values) in [
        ("items", page.objects.iter().map(metadata).collect::<Vec<_>>()),
        ("prefixes", page.prefixes.into_iter().map(Value::from).collect()),
    ] {
        if !values.is_empty() {
            answer[name] = values.into();
        }
    }
    if let Some(next) = page.next {
        answer["nextPageToken"] = next.into();
    }
    respond(trouble, axum::Json(answer).into_response())
}

async fn object(
    State(world): State<Arc<World>>,
    Path((bucket, name)): Path<(String, String)>,
    query: Parameters,
    headers: HeaderMap,
) -> Response {
    let media = query.get("alt").is_some_and(|alt| alt == "media");
    let call = if media { Call::Read } else { Call::Stat };
    let trouble = world.arrive(request(call, &name, &query)).await;
    if bucket != BUCKET {
        return no_bucket();
    }
    let generation = number(&query, "generation").unwrap_or(0);
    let state = world.bucket.lock().unwrap().state(&name, generation, query.contains_key("softDeleted"));
    let mut stored = match state {
        Ok(stored) => stored,
        Err(refused) => return respond(trouble, said(refused, &name)),
    };
    if let Some(Trouble::Lie(lie)) = &trouble {
        bend(*lie, &mut stored);
    }
    let range = headers.get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
    let answer = match (media, range) {
        (false, _) => axum::Json(metadata(&stored)).into_response(),
        (true, None) => whole(stored),
        (true, Some(range)) => part(stored, &range, trouble == Some(Trouble::Lie(Lie::OtherRange))),
    };
    respond(trouble, answer)
}

async fn create(
    State(world): State<Arc<World>>,
    Path(bucket): Path<String>,
    query: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let name = query["name"].clone();
    let trouble = world.arrive(request(Call::Create, &name, &query)).await;
    if bucket != BUCKET {
        return no_bucket();
    }
    if matches!(trouble, Some(Trouble::Refuse { .. })) {
        return respond(trouble, StatusCode::OK.into_response());
    }
    let kind = headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
    let (look, bytes) = match query["uploadType"].as_str() {
        "media" => (Map::from_iter([("contentType".to_owned(), kind.into())]), body),
        "multipart" => parts(kind, &body),
        other => return refusal(400, &format!("no such upload type here: {other}"), None),
    };
    let mut objects = world.bucket.lock().unwrap();
    let now = objects.get(&name).map_or(0, |stored| stored.generation);
    if query.get("ifGenerationMatch").is_some_and(|wanted| *wanted != now.to_string()) {
        return refusal(412, "At least one of the pre-conditions you specified did not hold.", None);
    }
    let stored = objects.put_with(name, bytes, Timestamp::now(), look);
    respond(trouble, axum::Json(metadata(&stored)).into_response())
}

async fn delete(
    State(world): State<Arc<World>>,
    Path((bucket, name)): Path<(String, String)>,
    query: Parameters,
) -> Response {
    let trouble = world.arrive(request(Call::Delete, &name, &query)).await;
    if bucket != BUCKET {
        return no_bucket();
    }
    if matches!(trouble, Some(Trouble::Refuse { .. })) {
        return respond(trouble, StatusCode::OK.into_response());
    }
    let mut objects = world.bucket.lock().unwrap();
    let Some(generation) = objects.get(&name).map(|stored| stored.generation) else {
        return no_object(&name);
    };
    if query.get("ifGenerationMatch").is_some_and(|wanted| *wanted != generation.to_string()) {
        return refusal(412, "At least one of the pre-conditions you specified did not hold.", None);
    }
    objects.remove(&name);
    respond(trouble, StatusCode::NO_CONTENT.into_response())
}

async fn restore(
    State(world): State<Arc<World>>,
    Path((bucket, name)): Path<(String, String)>,
    query: Parameters,
) -> Response {
    let trouble = world.arrive(request(Call::Restore, &name, &query)).await;
    if bucket != BUCKET {
        return no_bucket();
    }
    if matches!(trouble, Some(Trouble::Refuse { .. })) {
        return respond(trouble, StatusCode::OK.into_response());
    }
    let (generation, wanted) = (number(&query, "generation"), number(&query, "ifGenerationMatch"));
    let Some(generation) = generation else { return refusal(400, "generation is invalid.", None) };
    match world.bucket.lock().unwrap().restore(&name, generation, wanted) {
        Ok(mut stored) => {
            if let Some(Trouble::Lie(lie)) = &trouble {
                bend(*lie, &mut stored);
            }
            respond(trouble, axum::Json(metadata(&stored)).into_response())
        }
        Err(refused) => said(refused, &name),
    }
}

async fn rewrite(
    State(world): State<Arc<World>>,
    Path((bucket, from, to_bucket, to)): Path<(String, String, String, String)>,
    query: Parameters,
    body: Bytes,
) -> Response {
    let trouble = world.arrive(request(Call::Copy, &from, &query)).await;
    if bucket != BUCKET || to_bucket != BUCKET {
        return no_bucket();
    }
    if matches!(trouble, Some(Trouble::Refuse { .. })) {
        return respond(trouble, StatusCode::OK.into_response());
    }
    let mut rewrite = world.rewrite(
        query.get("rewriteToken").map_or("", String::as_str),
        Rewrite {
            from: from.clone(),
            source_generation: number(&query, "sourceGeneration").unwrap_or(0),
            if_source_generation_match: number(&query, "ifSourceGenerationMatch"),
            to,
            if_generation_match: number(&query, "ifGenerationMatch"),
            look: serde_json::from_slice(&body).ok(),
            bytes: 0,
        },
    );
    let mut answer = json!({ "kind": "storage#rewriteResponse" });
    match rewritten(&world, &rewrite, &trouble) {
        Ok(Rewritten::Done(stored)) => {
            answer["done"] = true.into();
            answer["totalBytesRewritten"] = stored.size.to_string().into();
            answer["objectSize"] = stored.size.to_string().into();
            answer["resource"] = metadata(&stored);
        }
        Ok(Rewritten::Partly { bytes, of }) => {
            answer["done"] = false.into();
            answer["totalBytesRewritten"] = bytes.to_string().into();
            answer["objectSize"] = of.to_string().into();
            rewrite.bytes = bytes;
            answer["rewriteToken"] = world.park(rewrite).into();
        }
        Err(refused) => return said(refused, &from),
    }
    respond(trouble, axum::Json(answer).into_response())
}

fn number(query: &Parameters, name: &str) -> Option<i64> {
    query.get(name).map(|value| value.parse().unwrap())
}

/// What the server says when the bucket does not do something.
fn said(refused: Refusal, name: &str) -> Response {
    match refused {
        Refusal::NoObject => no_object(name),
        Refusal::Precondition => {
            refusal(412, "At least one of the pre-conditions you specified did not hold.", None)
        }
        Refusal::NotSoftDeleted => refusal(412, "objectNotSoftDeleted", None),
        Refusal::NoPolicy => refusal(400, "SoftDeletePolicyRequired is invalid.", None),
    }
}

fn request(call: Call, key: &str, query: &Parameters) -> Request {
    let detail: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Request { transport: "http", call, key: key.to_owned(), detail: detail.join("&") }
}

fn metadata(stored: &Stored) -> Value {
    let mut metadata = json!({
        "kind": "storage#object",
        "name": stored.name,
        "bucket": BUCKET,
        "generation": stored.generation.to_string(),
        "metageneration": "1",
        "size": stored.size.to_string(),
        "updated": stored.updated.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "timeCreated": stored.updated.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "md5Hash": BASE64_STANDARD.encode(stored.md5),
        "crc32c": BASE64_STANDARD.encode(stored.crc32c.to_be_bytes()),
    });
    metadata.as_object_mut().unwrap().extend(stored.look.clone());
    metadata
}

/// The headers that come with an object's bytes.
fn described(stored: &Stored, status: StatusCode) -> axum::http::response::Builder {
    let md5 = BASE64_STANDARD.encode(stored.md5);
    let crc32c = BASE64_STANDARD.encode(stored.crc32c.to_be_bytes());
    let modified = stored.updated.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::LAST_MODIFIED, modified)
        .header("x-goog-stored-content-length", stored.size)
        .header("x-goog-stored-content-encoding", "identity")
        .header("x-goog-hash", format!("crc32c={crc32c},md5={md5}"));
    if stored.generation != 0 {
        response = response.header("x-goog-generation", stored.generation).header("x-goog-metageneration", 1);
    }
    response
}

fn whole(stored: Stored) -> Response {
    described(&stored, StatusCode::OK).body(Body::from(stored.bytes)).unwrap()
}

fn part(stored: Stored, range: &str, shifted: bool) -> Response {
    let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let length = stored.bytes.len() as u64;
    let mut start: u64 = start.parse().unwrap();
    let end = end.parse().map_or(length, |last: u64| (last + 1).min(length));
    if start >= length {
        let answer = described(&stored, StatusCode::RANGE_NOT_SATISFIABLE);
        return answer
            .header(header::CONTENT_RANGE, format!("bytes */{length}"))
            .body(Body::empty())
            .unwrap();
    }
    let mut last = end - 1;
    if shifted {
        (start, last) = (start - 1, last - 1);
    }
    let bytes = stored.bytes.slice(start as usize..=last as usize);
    described(&stored, StatusCode::PARTIAL_CONTENT)
        .header(header::CONTENT_RANGE, format!("bytes {start}-{last}/{length}"))
        .body(Body::from(bytes))
        .unwrap()
}

/// Bends one object's metadata or bytes.
pub fn bend(lie: Lie, stored: &mut Stored) {
    match lie {
        Lie::SizeOneMore => stored.size += 1,
        Lie::BytesOneLess => stored.bytes = stored.bytes.slice(..stored.bytes.len().saturating_sub(1)),
        Lie::BytesDiffer => stored.bytes = stored.bytes.iter().map(|byte| byte ^ 1).collect(),
        Lie::OtherName => stored.name.push_str(".other"),
        Lie::NoGeneration => stored.generation = 0,
        Lie::OtherRange | Lie::SameToken | Lie::EmptyPages | Lie::Stranger | Lie::Unsorted | Lie::Twice => {}
    }
}

/// How far a copy comes, and what a lie makes of that.
pub fn rewritten(world: &World, rewrite: &Rewrite, trouble: &Option<Trouble>) -> Result<Rewritten, Refusal> {
    let lie = match trouble {
        Some(Trouble::Lie(Lie::SameToken)) => return Ok(Rewritten::Partly { bytes: 0, of: 1 }),
        Some(Trouble::Lie(lie)) => Some(*lie),
        _ => None,
    };
    let mut rewritten = world.bucket.lock().unwrap().rewrite(rewrite);
    if let (Some(lie), Ok(Rewritten::Done(stored))) = (lie, &mut rewritten) {
        bend(lie, stored);
    }
    rewritten
}

/// Metadata and bytes of a `multipart/related` upload.
fn parts(kind: &str, body: &Bytes) -> (Map<String, Value>, Bytes) {
    let boundary = kind.split_once("boundary=").unwrap().1.trim_matches('"');
    let mark = format!("--{boundary}");
    let marks: Vec<_> = find_all(body, mark.as_bytes());
    let part = |number: usize| {
        let part = body.slice(marks[number] + mark.len()..marks[number + 1] - 2);
        let head = find_all(&part, b"\r\n\r\n")[0];
        (String::from_utf8(part[..head].to_vec()).unwrap().to_lowercase(), part.slice(head + 4..))
    };
    let (said, bytes) = part(1);
    let mut look: Map<String, Value> = serde_json::from_slice(&part(0).1).unwrap();
    let kind =
        said.split_once("content-type:").map(|(_, kind)| kind.lines().next().unwrap().trim().to_owned());
    if let Some(kind) = kind {
        look.entry("contentType").or_insert(kind.into());
    }
    (look, bytes)
}

fn find_all(body: &[u8], mark: &[u8]) -> Vec<usize> {
    (0..body.len().saturating_sub(mark.len() - 1)).filter(|at| body[*at..].starts_with(mark)).collect()
}

/// The answer, or what the trouble makes of it.
fn respond(trouble: Option<Trouble>, answer: Response) -> Response {
    match trouble {
        None | Some(Trouble::Lie(_)) => answer,
        Some(Trouble::Refuse { status, message, retry_after }) => refusal(status, &message, retry_after),
        Some(Trouble::DoneButRefuse { status }) => refusal(status, "Backend Error", None),
        Some(Trouble::Hang) => StatusCode::OK.into_response(),
        Some(Trouble::Cut) => cut(answer),
        Some(Trouble::Garbage) => {
            axum::response::Html("<html>Please log in to the network</html>").into_response()
        }
    }
}

/// Half of the body under a length that promises all of it, and then the connection closes.
fn cut(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let half = futures::stream::once(async move {
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        bytes.slice(..bytes.len() / 2)
    });
    let broken = futures::stream::iter([Err(std::io::Error::other("cut"))]);
    let body = Body::from_stream(futures::StreamExt::chain(futures::StreamExt::map(half, Ok), broken));
    Response::from_parts(parts, body)
}

fn refusal(status: u16, message: &str, retry_after: Option<u32>) -> Response {
    let error =
        json!({ "error": { "code": status, "message": message, "errors": [{ "message": message }] } });
    let mut answer = (StatusCode::from_u16(status).unwrap(), axum::Json(error)).into_response();
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

fn no_bucket() -> Response {
    refusal(404, "The specified bucket does not exist.", None)
}

fn no_object(name: &str) -> Response {
    refusal(404, &format!("No such object: {BUCKET}/{name}"), None)
}
