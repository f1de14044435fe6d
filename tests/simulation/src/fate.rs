//! What befalls one message on its way: how long it takes, and whether it or its answer is hurt.

use cloudsim::{Canned, Edit, Fault};
use fastrand::Rng;

use crate::{
    plan::pick,
    time::{MINUTE, Ms, SECOND},
};

/// The way of one message.
#[derive(Clone, Debug)]
pub struct Trip {
    /// From the sender's last byte to the receiver.
    pub there: Ms,
    /// From the receiver to the sender.
    pub back: Ms,
    /// What befalls it.
    pub fate: Fate,
}

/// What befalls a message.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Nothing.
    Fine,
    /// There is no connection.
    Refused,
    /// It never arrives.
    Lost,
    /// It arrives; its answer does not.
    AnswerLost,
    /// The sender gets this HTTP status after so long; the message arrives all the same.
    LateBehind(u16, Ms),
    /// It is answered with this HTTP status and not handled.
    Instead(u16),
    /// The cloud makes this fault with it.
    Fault(Fault),
    /// A second copy arrives after so long.
    Twice(Ms),
}

impl Fate {
    /// One word for trace and coverage.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::AnswerLost => "answer lost",
            Self::LateBehind(..) => "late",
            Self::Instead(_) => "refused by the server",
            Self::Fault(_) => "fault",
            Self::Twice(_) => "twice",
        }
    }
}

fn quick(rng: &mut Rng, fate: Fate) -> Trip {
    Trip {
        there: rng.u64(1..25),
        back: rng.u64(1..25),
        fate,
    }
}

/// A request to the API server; `hurt` are the odds per mille.
pub fn kube(rng: &mut Rng, hurt: u32) -> Trip {
    if rng.u32(0..1_000) >= hurt {
        return quick(rng, Fate::Fine);
    }
    let slow = rng.u64(1..12_000);
    match rng.u32(0..8) {
        0 => quick(rng, Fate::Lost),
        1 => quick(rng, Fate::AnswerLost),
        2 => Trip {
            there: rng.u64(1..9_000),
            back: slow,
            fate: Fate::AnswerLost,
        },
        3 => Trip {
            there: pick(rng, &[20, 2_000, 30_000, 400_000]),
            back: 1,
            fate: Fate::LateBehind(504, rng.u64(1..9_000)),
        },
        4 => Trip {
            there: rng.u64(1..9_000),
            back: slow,
            fate: Fate::Fine,
        },
        5 => quick(rng, Fate::Instead(409)),
        6 => {
            let code = pick(rng, &[429, 500, 503]);
            quick(rng, Fate::Instead(code))
        }
        _ => quick(rng, Fate::Refused),
    }
}

/// A connection to the cloud for a restart call.
pub fn connect(rng: &mut Rng, hurt: u32) -> Trip {
    if rng.u32(0..4_000) < hurt {
        return quick(rng, Fate::Refused);
    }
    quick(rng, Fate::Fine)
}

/// A read of the cloud.
pub fn read(rng: &mut Rng, hurt: u32, list_lag: Ms) -> Trip {
    let lagging = if list_lag > 0 {
        Fate::Fault(Fault::ListLag { ms: list_lag })
    } else {
        Fate::Fine
    };
    if rng.u32(0..1_000) >= hurt {
        return quick(rng, lagging);
    }
    match rng.u32(0..7) {
        0 => quick(rng, Fate::Refused),
        1 => quick(rng, Fate::Lost),
        2 => quick(
            rng,
            Fate::Fault(Fault::Throttle {
                retry_after_ms: Some(5_000),
            }),
        ),
        3 => quick(rng, Fate::Fault(Fault::StatusAfter(Canned::status(500)))),
        4 => quick(
            rng,
            Fate::Fault(Fault::StatusAfter(Canned::body(200, "{\"Data\":"))),
        ),
        5 => quick(rng, Fate::Fault(Fault::ListAsSingleObject)),
        _ => Trip {
            there: rng.u64(1..12_000),
            back: rng.u64(1..15_000),
            fate: lagging,
        },
    }
}

/// A restart call. `copies`: the gateway refuses a second copy, so that a middle box may make one.
pub fn restart(rng: &mut Rng, hurt: u32, copies: bool) -> Trip {
    if rng.u32(0..1_000) >= hurt {
        return quick(rng, Fate::Fine);
    }
    match rng.u32(0..10) {
        0 | 1 => quick(rng, Fate::Lost),
        2 | 3 => quick(rng, Fate::AnswerLost),
        4 => Trip {
            there: rng.u64(1..15_000),
            back: rng.u64(1..40_000),
            fate: Fate::Fine,
        },
        // Far longer than the sender waits; some after the signature's end.
        5 => Trip {
            there: pick(
                rng,
                &[
                    SECOND,
                    25 * SECOND,
                    110 * SECOND,
                    10 * MINUTE,
                    14 * MINUTE,
                    16 * MINUTE,
                ],
            ),
            back: 1,
            fate: Fate::AnswerLost,
        },
        6 if copies => {
            let after = pick(rng, &[5, SECOND, MINUTE, 10 * MINUTE]);
            quick(rng, Fate::Twice(after))
        }
        _ => {
            let fault = answer(rng);
            quick(rng, Fate::Fault(fault))
        }
    }
}

/// An answer to a restart call that is not the plain one.
fn answer(rng: &mut Rng) -> Fault {
    match rng.u32(0..9) {
        0 => Fault::StatusAfter(Canned::status(500)),
        1 => Fault::StatusAfter(Canned::body(502, "<html>bad gateway</html>")),
        2 => Fault::StatusAfter(Canned::body(200, "")),
        3 => Fault::AnswerInstead(Canned::status(500)),
        4 => Fault::AnswerInstead(Canned::code(503, "ServiceUnavailable")),
        5 => Fault::Throttle {
            retry_after_ms: None,
        },
        6 => Fault::AnswerInstead(Canned::code(400, "SignatureNonceUsed")),
        // Accepted and refused at once.
        7 => Fault::mutate([Edit::set("/Success", false)]),
        _ => Fault::mutate([Edit::remove("/Data"), Edit::remove("/ChangeOrderId")]),
    }
}
