# The configuration of workerd, the runtime of Cloudflare Workers: two modules behind one socket.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .learner)],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "main")],
);

const learner :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "model.js", esModule = embed "model.js"),
  ],
  compatibilityDate = "2026-11-01",
);
