# A worker that loads a fresh dynamic worker, with an isolate of its own, for every request.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [(name = "main.js", esModule = embed "main.js")],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["experimental", "nodejs_compat"],
  bindings = [(name = "LOADER", workerLoader = ())],
);
