//! Connections that can be cut: while the server drops connections, new ones end at once and open ones at their next byte.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::Cluster;
use crate::staging::kubernetes::fault::Fault;

/// A listener whose connections can be cut.
pub struct Guarded {
    listener: TcpListener,
    cluster: Cluster,
}

impl Guarded {
    pub fn new(listener: TcpListener, cluster: Cluster) -> Self {
        Self { listener, cluster }
    }
}

impl Listener for Guarded {
    type Io = Cut;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Cut, SocketAddr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if !drops(&self.cluster) {
                // Small answers must not wait for each other.
                let _ = stream.set_nodelay(true);
                return (Cut { stream, cluster: self.cluster.clone() }, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn drops(cluster: &Cluster) -> bool {
    cluster.faults().has(&Fault::DropConnections)
}

/// A connection that can be cut.
pub struct Cut {
    stream: TcpStream,
    cluster: Cluster,
}

impl Cut {
    fn check(&self) -> io::Result<()> {
        if drops(&self.cluster) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Cut {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.check()?;
        read
    }
}

impl AsyncWrite for Cut {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
