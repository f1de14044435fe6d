//! Three replicas with one Lease, and what is done to them.

use std::{path::Path, time::Duration};

use fastrand::Rng;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use tokio::time::sleep;

use crate::{
    cloud::SIGNATURE_LIFE,
    support::{
        failure::{Failure, Outcome, While},
        process::{Launch, OperatorProcess},
        wait,
        world::World,
    },
};

const NAMES: [&str; 3] = ["a", "b", "c"];
/// Passes of each namespace at once: where all share two processors with the API server, more make
/// each write wait for all others, and calls come too late for their signatures.
const PASSES: u16 = 4;
/// What follows the end of a signature until everything about it is known.
const AFTER_THE_SIGNATURE: Duration = Duration::from_secs(3);

/// The ways in which replicas are hurt. A round has each of them, in another order every time.
const ROUND: [Hurt; 7] = [
    Hurt::KillLeader,
    Hurt::KillAny,
    Hurt::KillLeader,
    Hurt::FreezeShortly,
    Hurt::FreezePastTheSignature,
    Hurt::FreezePastTheLease,
    Hurt::Roll,
];

#[derive(Clone, Copy)]
enum Hurt {
    /// `kill -9` of the one that works; the same pod comes back.
    KillLeader,
    /// `kill -9` of any of them.
    KillAny,
    /// SIGSTOP of the leader for less than the signature lives.
    FreezeShortly,
    /// For longer.
    FreezePastTheSignature,
    /// Until another one leads, and some more.
    FreezePastTheLease,
    /// SIGTERM of one after the other, as a rolling update does.
    Roll,
}

/// How often something was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hurts {
    pub(crate) kills: u32,
    pub(crate) freezes: u32,
    pub(crate) terminations: u32,
}

/// See the module.
pub(crate) struct Replicas<'a> {
    world: &'a World,
    /// The longest pause between two things that are done to them.
    pause: Duration,
    launches: Vec<Launch>,
    running: Vec<OperatorProcess>,
    rng: Rng,
    pub(crate) hurts: Hurts,
}

impl<'a> Replicas<'a> {
    /// Starts them for the world's namespace and these others.
    pub(crate) fn start(
        world: &'a World,
        others: &[String],
        logs: &Path,
        rng: Rng,
        pause: Duration,
    ) -> Self {
        let launch = |name| {
            Launch::host(world, name, logs)
                .and_namespaces(others)
                .signature_life(SIGNATURE_LIFE)
                .concurrency(PASSES)
                .quiet()
        };
        let launches: Vec<Launch> = NAMES.map(launch).into_iter().collect();
        let running = launches.iter().map(Launch::start).collect();
        Self {
            world,
            pause,
            launches,
            running,
            rng,
            hurts: Hurts::default(),
        }
    }

    /// Hurts them round after round until the work is done. At the end all three run.
    pub(crate) async fn hurt(&mut self, is_done: impl Fn() -> bool) -> Outcome<()> {
        loop {
            let mut round = ROUND;
            self.rng.shuffle(&mut round);
            for hurt in round {
                sleep(self.pause.mul_f64(self.rng.f64())).await;
                self.all_alive()?;
                self.one(hurt).await?;
            }
            if is_done() {
                return self.all_alive();
            }
        }
    }

    async fn one(&mut self, hurt: Hurt) -> Outcome<()> {
        match hurt {
            Hurt::KillLeader => {
                let leader = self.leader().await?;
                self.kill(leader).await;
            }
            Hurt::KillAny => {
                let any = self.rng.usize(..NAMES.len());
                self.kill(any).await;
            }
            Hurt::FreezeShortly => {
                let millis = self.rng.u64(500..4_000);
                self.freeze(async || sleep(Duration::from_millis(millis)).await)
                    .await?;
            }
            Hurt::FreezePastTheSignature => {
                self.freeze(async || sleep(SIGNATURE_LIFE + AFTER_THE_SIGNATURE).await)
                    .await?;
            }
            Hurt::FreezePastTheLease => self.freeze_past_the_lease().await?,
            Hurt::Roll => {
                for which in 0..NAMES.len() {
                    self.terminate(which).await?;
                }
            }
        }
        Ok(())
    }

    async fn kill(&mut self, which: usize) {
        self.running[which].kill_dash_nine().await;
        self.hurts.kills += 1;
        sleep(Duration::from_millis(self.rng.u64(0..1_500))).await;
        self.running[which] = self.launches[which].start();
    }

    /// Freezes the leader while `meanwhile` goes on.
    async fn freeze(&mut self, meanwhile: impl AsyncFnOnce()) -> Outcome<()> {
        let leader = self.leader().await?;
        self.running[leader].stop();
        self.hurts.freezes += 1;
        meanwhile().await;
        self.running[leader].cont();
        Ok(())
    }

    async fn freeze_past_the_lease(&mut self) -> Outcome<()> {
        let frozen = self.holder().await?;
        let leases = self.leases();
        let more = Duration::from_millis(self.rng.u64(0..3_000));
        self.freeze(async || {
            wait::until("another replica leads", async || {
                let holder = holder(&leases).await.ok().flatten();
                holder.is_some_and(|name| Some(name) != frozen)
            })
            .await;
            sleep(more).await;
        })
        .await
    }

    async fn terminate(&mut self, which: usize) -> Outcome<()> {
        self.running[which].until_it_listens().await;
        self.running[which].terminate();
        let code = self.running[which].ended().await;
        if code != Some(0) {
            let name = NAMES[which];
            return Err(Failure::new(format!(
                "{name} ended with {code:?} on SIGTERM"
            )));
        }
        self.hurts.terminations += 1;
        self.running[which] = self.launches[which].start();
        Ok(())
    }

    /// The place of the one that holds the Lease; any while nobody does.
    async fn leader(&mut self) -> Outcome<usize> {
        let holder = self.holder().await?.unwrap_or_default();
        let place = NAMES.iter().position(|name| *name == holder);
        Ok(place.unwrap_or_else(|| self.rng.usize(..NAMES.len())))
    }

    async fn holder(&self) -> Outcome<Option<String>> {
        holder(&self.leases()).await.while_doing("read the Lease")
    }

    fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.world.admin.clone(), &self.world.namespace)
    }

    fn all_alive(&mut self) -> Outcome<()> {
        let mut all = NAMES.iter().zip(&mut self.running);
        let dead = all.find_map(|(name, one)| (!one.is_alive()).then_some(name));
        dead.map_or(Ok(()), |name| {
            Err(Failure::new(format!("{name} ended by itself")))
        })
    }
}

async fn holder(leases: &Api<Lease>) -> kube::Result<Option<String>> {
    let lease = leases.get_opt("restart-operator").await?;
    Ok(lease
        .and_then(|lease| lease.spec?.holder_identity)
        .filter(|name| !name.is_empty()))
}
