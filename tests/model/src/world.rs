//! The state of the model: a few words, with everything long kept in [`Core`](crate::core::Core)
//! and named by its number there.

use crate::few::Few;

/// Number of something kept in the core's tables.
pub type Id = u16;

/// The request as the API server, or a cache, has it.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// `metadata.resourceVersion`.
    pub version: u8,
    /// The rest of the object.
    pub content: Id,
}

/// A PUT of status in flight. It outlives its author.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Put {
    /// Incarnation of the process that wrote it.
    pub author: u8,
    pub version: u8,
    pub content: Id,
    /// It stores an intent.
    pub opens: bool,
}

/// A restart call in flight. It outlives its author.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub author: u8,
    /// The intent that it is signed from.
    pub call: Id,
    /// Sent by the transport, on top of the one that was asked for.
    pub again: bool,
}

/// An order of the cloud: a restart, or another change, that was really executed.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    pub whose: Whose,
    /// Instant of its start; unset for one from before the request.
    pub at: Option<u8>,
    /// The list has it by now.
    pub listed: bool,
}

/// All orders of the cloud, oldest first.
pub type Orders = Few<Order, 6>;

/// Where an order came from. All but the first differ from ours in exactly one thing.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Our call, of this intent.
    Ours(Id),
    /// Like ours, from before the request.
    #[default]
    Older,
    /// By somebody else.
    Stranger,
    /// No restart.
    Deployment,
    /// Of another request, which has recorded it.
    Neighbour,
    /// Like ours, after the window.
    Late,
}

/// The right to send one intent.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Held until this second.
    Unsent(i64),
    #[default]
    UsedUp,
}

/// What this pass found out.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    Nothing,
    /// A preflight.
    Check(Id),
    /// The cloud was asked to abort.
    AbortTried,
}

/// Where a process stands.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    #[default]
    Idle,
    /// Within a pass, with the object that it goes on from.
    Pass { base: Stored, own: bool, seen: Seen },
    /// Waits for the answer to its PUT.
    Putting { put: Put, done: Id, go_on: bool },
    /// Reads what is stored next, and applies the same once more.
    Reading { done: Id },
    /// Waits for the answer to its restart call.
    Calling { base: Stored, call: Id },
}

/// One incarnation of one replica. A crash loses all of it. Its cache is not part of it: a pass may
/// begin on any version that ever was.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Given when it writes for the first time, so that processes that did nothing yet are alike.
    pub incarnation: u8,
    /// Attempt ids that it has drawn and sent to the API server.
    pub drawn: u8,
    pub at: At,
    /// Rights to send, by intent, in order.
    pub rights: Few<(Id, Right), 4>,
    /// An answer of the cloud that could not be stored.
    pub unsaved: Option<Id>,
}

impl Process {
    pub fn right(&self, call: Id) -> Option<Right> {
        let found = self.rights.iter().find(|(held, _)| *held == call);
        found.map(|(_, right)| *right)
    }

    pub fn set_right(&mut self, call: Id, right: Right) {
        self.forget(call);
        self.rights.insert((call, right));
    }

    pub fn forget(&mut self, call: Id) {
        self.rights.retain(|(held, _)| *held != call);
    }
}

/// Everything.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct World {
    /// What was ever stored, oldest first.
    pub history: Few<Id, 20>,
    pub puts: Few<Put, 8>,
    pub calls: Few<Call, 6>,
    pub orders: Orders,
    /// Number of the present instant.
    pub instant: u8,
    pub processes: [Process; 2],
    pub incarnations: u8,
    /// Intents that were sent.
    pub sent: Few<Id, 12>,
    pub crashes: u8,
    pub timeouts: u8,
    pub others: u8,
    pub stale: u8,
    pub takeovers: u8,
    pub cancelled: bool,
    pub restored: bool,
    /// One intent was sent twice.
    pub sent_twice: bool,
    /// The API server refused a status by its admission rules.
    pub refused: bool,
    /// `spec.cancel` was stored while the request waited.
    pub cancelled_waiting: bool,
}

impl World {
    /// What is stored now.
    pub fn object(&self) -> Stored {
        self.view(self.history.len() - 1)
    }

    /// What was stored once.
    pub fn view(&self, number: usize) -> Stored {
        Stored {
            version: u8::try_from(number).unwrap(),
            content: self.history[number],
        }
    }

    pub fn executed(&self) -> usize {
        let ours = |order: &&Order| matches!(order.whose, Whose::Ours(_));
        self.orders.iter().filter(ours).count()
    }
}

/// What happens next. Of a process, of the network, of the cloud, of people, of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A pass begins, on what the cache has: a version that was stored once.
    Begin {
        process: usize,
        view: usize,
        way: u8,
    },
    /// A pass goes on; `way` is what the cloud says, where it has a choice.
    Step {
        process: usize,
        way: u8,
    },
    /// A process that got no good answer to its PUT reads the object.
    Read {
        process: usize,
    },
    /// It cannot read it either, and ends the pass.
    GiveUp {
        process: usize,
    },
    Crash {
        process: usize,
    },
    /// The API server handles a PUT; its answer may be lost.
    Deliver {
        put: Put,
        lost: bool,
    },
    /// The author stops waiting for its PUT, which is still on its way.
    PutTimeout {
        process: usize,
    },
    /// The cloud executes a call; its answer may be lost.
    Execute {
        call: Call,
        lost: bool,
    },
    Reject {
        call: Call,
        why: Why,
    },
    /// The call is lost before the cloud has it.
    Lose {
        call: Call,
    },
    /// The author stops waiting for its call, which is still on its way.
    CallTimeout {
        process: usize,
    },
    TransportRetry {
        process: usize,
    },
    /// An order appears in the list.
    List {
        order: usize,
    },
    OtherRestart {
        whose: Whose,
    },
    Cancel,
    Restore {
        from: Backup,
    },
    Advance,
}

/// A definite rejection.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Why {
    /// It passes by itself.
    Later,
    /// An order occupies the target.
    Busy,
    /// Nothing but a person changes it.
    Never,
}

/// Where a restored object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {
    /// etcd: the object as it was at its birth.
    Etcd,
    /// Velero: created anew, labelled, without its status.
    Velero,
}
