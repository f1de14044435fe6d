//! `lab demo`: restarts on a real API server and a simulated cloud, told as they happen, and compared at
//! the end with what the cloud really executed.
//!
//! | File | Idea |
//! |---|---|
//! | `cloud` | the simulator, as a program of its own |
//! | `operator` | the operator, as the program that is shipped |
//! | `request` | a request, and what it is about |
//! | `samples` | `deploy/samples`, changed so that they fit this cloud |
//! | `shell` | commands, said as a user types them and then run |
//! | `story` | what happens to the requests and in the cloud, a line each |
//! | `summary` | what was asked beside what was executed |
//! | `words` | how it is said in a few words |

mod cloud;
mod operator;
mod request;
mod samples;
mod shell;
mod story;
mod summary;
mod words;

use std::time::Instant;

use serde_json::json;

use self::{
    cloud::Cloud,
    operator::Operator,
    request::{End, Request},
    samples::Samples,
    shell::{Shell, say},
    story::Story,
};
use crate::support::{
    controlplane::{ControlPlane, assets::process_environment, existing, users::User},
    failure::{Failure, Outcome, While},
};

/// Everything that runs. Dropping it ends the operator, then the cloud, then the control plane.
pub(crate) struct Stage {
    operator: Operator,
    cloud: Cloud,
    requests: Vec<Request>,
    shell: Shell,
    plane: ControlPlane,
}

impl Stage {
    /// Starts and installs everything, up to the point where a restart can be asked for.
    pub(crate) async fn set() -> Outcome<Self> {
        if existing::is_wanted(&process_environment) {
            return Err(Failure::new(
                "the demo installs things, and counts in the log of the API server: it needs a control plane of \
                 its own. Unset USE_EXISTING_CLUSTER",
            ));
        }
        say(
            "A real Kubernetes API server, simulated clouds (Alibaba Cloud and Volcengine), and restart-operator \
             between them.\n",
        );
        let started = Instant::now();
        let plane = ControlPlane::start().await?;
        let seconds = started.elapsed().as_secs_f32();
        let shell = Shell::new(&plane)?;
        say(&format!(
            "  Kubernetes {} is up after {seconds:.1} s",
            version(&plane).await?
        ));

        let samples = Samples::read(&plane)?;
        let requests = with_two_more(samples.requests()?)?;
        let cloud = Cloud::start(&operator::sibling("cloudsim")?, plane.folder()).await?;
        say(&format!("  the clouds are up at {}", cloud.url()));
        shell.write("samples.yaml", &samples.installed(cloud.url(), &requests)?)?;
        for request in &requests {
            shell.write(&request.file(), &request.yaml()?)?;
            for (path, body) in request.subject.in_cloud() {
                cloud.put(&path, body.to_string()).await?;
            }
        }

        say(
            "\nInstall the operator, and give it accounts: deploy/samples, with these clouds as endpoint\n",
        );
        shell.install().await?;
        shell.run("kubectl apply -f samples.yaml").await?;
        let operator = Operator::start(&plane).await?;
        Ok(Self {
            operator,
            cloud,
            requests,
            shell,
            plane,
        })
    }

    /// Asks for the restarts and tells what happens. Gives whether all is as it should be.
    pub(crate) async fn play(&self) -> Outcome<bool> {
        let played = self.perform().await;
        if !matches!(played, Ok(true)) {
            say(&format!(
                "\nThe end of the operator's log:\n{}",
                self.operator.log_tail()
            ));
        }
        played
    }

    async fn perform(&self) -> Outcome<bool> {
        let [samples @ .., cart, gpu] = &self.requests[..] else {
            return Err(Failure::new("the demo has two requests of its own"));
        };
        let shell = &self.shell;
        shell
            .run("kubectl wait clustercloudaccount --all --for=condition=Ready --timeout=30s")
            .await?;
        let mut story = Story::begin(&self.plane, &self.cloud, &self.requests).await?;

        say("\nAsk for a restart of each kind: the five requests of deploy/samples\n");
        shell.run(&format!("cat {}", samples[0].file())).await?;
        shell.run(&apply(samples)).await?;
        // A good end tells the operator under which user the cloud shows its orders. It needs to know
        // that to find an order whose id it was not told.
        for request in samples {
            story.until_ended(&request.name).await?;
        }

        say(
            "\nAsk for one more, and let the cloud's answer get lost after the restart is executed.",
        );
        say("And ask for one that must not happen: bare metal, without allowBareMetal\n");
        shell
            .lose_the_answer(&self.cloud, &cart.subject.named[0])
            .await?;
        shell
            .put_bare_metal(&self.cloud, &gpu.subject.named[0])
            .await?;
        shell.run(&apply(&self.requests[samples.len()..])).await?;
        for request in [gpu, cart] {
            story.until_ended(&request.name).await?;
        }
        self.compare(&story).await
    }

    async fn compare(&self, story: &Story<'_>) -> Outcome<bool> {
        say("\nWhat was asked, and what the clouds executed\n");
        let summary =
            summary::Summary::of(&self.requests, story.objects(), &self.cloud, &self.plane).await?;
        summary.print_table();
        say("");
        self.shell.run("kubectl get rr -A").await?;
        Ok(summary.print_verdict())
    }

    /// How to use it while it keeps running.
    pub(crate) fn print_how_to_use_it(&self) {
        let plane = &self.plane;
        let folder = plane.folder().display();
        let lines = [
            (
                format!(
                    "export KUBECONFIG={}",
                    plane.kubeconfig(User::Admin).display()
                ),
                "",
            ),
            (
                format!("alias kubectl={folder}/kubectl"),
                "# of the server's version",
            ),
            (
                format!("cd {}", self.shell.folder().display()),
                "# the files that were applied",
            ),
            (
                "kubectl get rr -A -o wide".to_owned(),
                "# what happened, and what to do",
            ),
            (
                format!("curl {}/_control/ledger", self.cloud.url()),
                "# what the cloud did",
            ),
            (
                format!("curl {}/metrics", self.operator.address()),
                "# the operator's numbers",
            ),
            (format!("tail -f {}", self.operator.log().display()), ""),
        ];
        say("\nIt keeps running. In another terminal:\n");
        for (command, comment) in lines {
            say(format!("  {command:<56} {comment}").trim_end());
        }
        say("\nCtrl-C, or the end of stdin, stops everything and removes it.");
    }
}

/// The samples, and two more: one whose answer gets lost, and one that must be refused.
fn with_two_more(mut requests: Vec<Request>) -> Outcome<Vec<Request>> {
    let of_kind = |kind| {
        let found = requests.iter().find(|request| request.subject.kind == kind);
        found.ok_or_else(|| Failure::new(format!("deploy/samples has no {kind}")))
    };
    let cart = of_kind("saeApplication")?.like(
        "cart-inc-1047",
        json!({"saeApplication": {"appId": "c2a4e8d0-91b7-4f36-8d25-60f1ab93e7c4"}}),
        "stuck threads, INC-1047",
        End::Good,
    )?;
    let gpu = of_kind("volcengineInstances")?.like(
        "gpu-inc-1048",
        json!({"volcengineInstances": {"instanceIds": ["i-ybo349sxoncm9t0000ebm"]}}),
        "hung GPU driver, INC-1048",
        End::Refused,
    )?;
    requests.extend([cart, gpu]);
    Ok(requests)
}

fn apply(requests: &[Request]) -> String {
    let files = requests
        .iter()
        .map(|request| format!(" -f {}", request.file()));
    format!("kubectl apply{}", files.collect::<String>())
}

async fn version(plane: &ControlPlane) -> Outcome<String> {
    let client = plane.client(User::Admin).await?;
    let version = client
        .apiserver_version()
        .await
        .while_doing("ask for the version")?;
    Ok(version.git_version)
}
