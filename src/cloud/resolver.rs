//! The resolver of the cloud clients: the system's, with the address rules of `endpoint` applied
//! to each answer at the moment of connecting, so that a name cannot change its address between a
//! check and its use.

use std::{io, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::endpoint::is_address_allowed;

/// Resolves names and refuses those that lead into the operator's own network position.
#[derive(Clone, Copy, Debug)]
pub struct GuardedResolver;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 stands for the port of the URL.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = check(found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// All of the addresses, or an error if any of them is refused: a name that also leads to an
/// address of ours is not a cloud's name.
fn check(found: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = found.collect();
    if found.iter().all(|address| is_address_allowed(address.ip())) {
        Ok(found)
    } else {
        Err(io::Error::other(
            "the host name leads to an address that is not allowed",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(addresses: &[&str]) -> Option<usize> {
        let found = addresses
            .iter()
            .map(|text| SocketAddr::new(text.parse().unwrap(), 0));
        check(found).ok().map(|allowed| allowed.len())
    }

    #[test]
    fn one_refused_address_refuses_the_name() {
        assert_eq!(checked(&["47.88.1.1", "10.0.0.7"]), Some(2));
        assert_eq!(checked(&["127.0.0.1"]), None);
        assert_eq!(checked(&["169.254.169.254"]), None);
        assert_eq!(checked(&["47.88.1.1", "127.0.0.1"]), None);
        assert_eq!(checked(&["47.88.1.1", "::ffff:169.254.169.254"]), None);
    }
}
