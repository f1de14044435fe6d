//! Wakes a request before its own timer does: when the one that it waits for has left the line.

use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::view::View;

/// One way to each controller. Lost with the process; every wait has a timer besides.
#[derive(Debug)]
pub(super) struct Wakes {
    /// The namespace that a controller watches; unset: all.
    ways: Vec<(Option<String>, UnboundedSender<ObjectRef<View>>)>,
}

impl Wakes {
    /// Ways to the controllers of these namespaces, in their order; none: one controller of all.
    pub(super) fn new(namespaces: &[String]) -> (Self, Vec<UnboundedReceiver<ObjectRef<View>>>) {
        let watched: Vec<Option<String>> = if namespaces.is_empty() {
            vec![None]
        } else {
            namespaces.iter().cloned().map(Some).collect()
        };
        let (ways, ends) = watched
            .into_iter()
            .map(|namespace| {
                let (way, end) = unbounded_channel();
                ((namespace, way), end)
            })
            .unzip();
        (Self { ways }, ends)
    }

    /// Asks for a pass over a request. A controller that does not watch it is not asked: it would
    /// take the request for deleted.
    pub(super) fn wake(&self, request: &ObjectRef<View>) {
        let watches =
            |namespace: &Option<String>| namespace.is_none() || *namespace == request.namespace;
        for (_, way) in self.ways.iter().filter(|(namespace, _)| watches(namespace)) {
            // At the end of the process nobody listens any more.
            let _ = way.send(request.clone());
        }
    }
}
