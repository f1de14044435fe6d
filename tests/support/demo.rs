//! `lab demo`: restarts on a real API server and a simulated cloud, told as they happen, and compared at
//! the end with what the cloud really executed.
//!
//! | File | Idea |
//! |---|---|
//! | `cloud` | the simulator, as a program of its own |
//! | `operator` | the operator, as the program that is shipped |
//! | `samples` | `deploy/samples`, changed so that they fit this cloud |
//! | `shell` | commands, said as a user types them and then run |
//! | `story` | what happens to the requests and in the cloud, a line each |
//! | `summary` | what was asked beside what was executed |
//! | `words` | how it is said in a few words |

mod cloud;
mod operator;
mod samples;
mod shell;
mod story;
mod summary;
mod words;

use std::time::Instant;

use self::{
    cloud::Cloud,
    operator::Operator,
    samples::{Request, Samples},
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
            "A real Kubernetes API server, a simulated Alibaba Cloud, and restart-operator between them.\n",
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
        let requests = requests(&samples);
        let apps: Vec<&str> = requests.iter().map(|request| &*request.app).collect();
        let cloud = Cloud::start(&operator::sibling("cloudsim")?, &apps, plane.folder()).await?;
        say(&format!(
            "  the cloud is up at {}, with {} applications",
            cloud.url(),
            apps.len()
        ));
        shell.write("samples.yaml", &samples.installed(cloud.url(), &apps)?)?;
        for request in &requests {
            shell.write(&request.file(), &samples.request(request)?)?;
        }

        say(
            "\nInstall the operator, and give it an account: deploy/samples, with this cloud as endpoint\n",
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
        let [checkout, payment, cart] = &self.requests[..] else {
            return Err(Failure::new("the demo is about three requests"));
        };
        let shell = &self.shell;
        shell
            .run("kubectl wait clustercloudaccount/ali-shared --for=condition=Ready --timeout=30s")
            .await?;

        say("\nAsk for two restarts\n");
        shell.run(&format!("cat {}", checkout.file())).await?;
        let mut story = Story::begin(&self.plane, &self.cloud, &self.requests).await?;
        for request in [checkout, payment] {
            shell
                .run(&format!("kubectl apply -f {}", request.file()))
                .await?;
            story.until_called(&request.name).await?;
        }
        // The first good end tells the operator under which user the cloud shows its orders. It needs to
        // know that to find an order whose id it was not told.
        story.until_ended(&checkout.name).await?;

        say(
            "\nAsk for a third one, and let the cloud's answer get lost after the restart is executed\n",
        );
        shell.lose_the_answer(&self.cloud, &cart.app).await?;
        shell
            .run(&format!("kubectl apply -f {}", cart.file()))
            .await?;
        for request in [payment, cart] {
            story.until_ended(&request.name).await?;
        }

        say("\nWhat was asked, and what the cloud executed\n");
        let summary =
            summary::Summary::of(&self.requests, story.objects(), &self.cloud, &self.plane).await?;
        summary.print_table();
        say("");
        shell.run("kubectl get rr -A").await?;
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

/// The sample itself, and two more for other applications.
fn requests(samples: &Samples) -> Vec<Request> {
    let other = |name: &str, app: &str, reason: &str| Request {
        name: name.to_owned(),
        app: app.to_owned(),
        reason: Some(reason.to_owned()),
    };
    vec![
        samples.sample_request(),
        other(
            "payment-inc-1043",
            "4d1c2f60-3f0e-4c8e-9a1b-2b5e6c0d4f11",
            "new database password",
        ),
        other(
            "cart-inc-1044",
            "c2a4e8d0-91b7-4f36-8d25-60f1ab93e7c4",
            "stuck threads, INC-1044",
        ),
    ]
}

async fn version(plane: &ControlPlane) -> Outcome<String> {
    let client = plane.client(User::Admin).await?;
    let version = client
        .apiserver_version()
        .await
        .while_doing("ask for the version")?;
    Ok(version.git_version)
}
