"use strict";
/*
 * The Node.js runtime client of a function process: loads the handler, then asks the Runtime API for one invocation after another
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Plain CommonJS, because it runs before anything of the function.
 */
const http = require("node:http");
const https = require("node:https");
const path = require("node:path");
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");
const { syncBuiltinESMExports } = Module;
const { pathToFileURL } = require("node:url");

const [address, ...prefix] = process.env.AWS_LAMBDA_RUNTIME_API.split("/");
const [hostname, port] = address.split(":");
const base = `/${[...prefix, "2018-06-01", "runtime"].join("/")}`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/*
 * In AWS the names under amazonaws.com lead to AWS. On a laptop they lead to the gateway: same request, same Host header and
 * signature, over loopback.
 */
const gateway = new URL(process.env.AWS_ENDPOINT_URL);
const gatewayAgent = new http.Agent({ keepAlive: true });
const isAws = (host) => typeof host === "string" && /(^|\.)amazonaws\.com$/.test(host.split(":")[0]);

function routeAwsToGateway() {
  const { request } = https;
  https.request = (first, second, third) => {
    const given =
      typeof first === "string" || first instanceof URL
        ? { ...urlOptions(new URL(first)), ...(typeof second === "object" ? second : {}) }
        : first;
    const callback = typeof second === "function" ? second : third;
    const host = given.hostname ?? given.host;
    if (!isAws(host)) return request(first, second, third);
    const headers = { host, ...given.headers };
    return http.request(
      { ...given, protocol: "http:", hostname: gateway.hostname, host: gateway.hostname, port: gateway.port, agent: gatewayAgent, headers },
      callback,
    );
  };
  https.get = (...args) => {
    const outgoing = https.request(...args);
    outgoing.end();
    return outgoing;
  };
  syncBuiltinESMExports();
}

/*
 * A function sees its own packages and, as Lambda's Node runtimes give them, the AWS SDK; never the packages of the project whose
 * folder its code happens to lie in, which AWS would not have.
 */
function hidePackagesOutside(root) {
  const { _nodeModulePaths: pathsFrom, _resolveFilename: resolveFilename } = Module;
  const inside = (folder) => folder === root || folder.startsWith(root + path.sep);
  Module._nodeModulePaths = (from) => (inside(from) ? pathsFrom(from).filter(inside) : pathsFrom(from));
  Module._resolveFilename = (request, parent, ...rest) => {
    try {
      return resolveFilename(request, parent, ...rest);
    } catch (error) {
      if (!/^@(aws-sdk|smithy)\//.test(request) || !inside(path.dirname(parent?.filename ?? ""))) throw error;
      return require.resolve(request);
    }
  };
  /* Nor does a package.json above its folder say whether its .js files are modules. */
  const { ".js": compileAsScoped } = Module._extensions;
  Module._extensions[".js"] = (module, filename) => {
    if (!inside(filename) || hasPackageFile(path.dirname(filename), root)) return compileAsScoped(module, filename);
    module._compile(readFileSync(filename, "utf8"), filename);
  };
}

function hasPackageFile(folder, root) {
  return existsSync(path.join(folder, "package.json")) || (folder !== root && hasPackageFile(path.dirname(folder), root));
}

function urlOptions(url) {
  return { hostname: url.hostname, port: url.port, path: url.pathname + url.search };
}

function call(method, url, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, method, path: base + url, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function loadHandler() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const [, folder, file, names] = /^(.*\/)?([^/.]+)\.(.+)$/.exec(process.env._HANDLER) ?? [];
  if (!file) throw named("Runtime.MalformedHandlerName", `Bad handler "${process.env._HANDLER}"`);
  const stem = path.join(root, folder ?? "", file);
  const found = [".js", ".mjs", ".cjs"].map((ending) => stem + ending).find((candidate) => existsSync(candidate));
  if (!found) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  const loaded = found.endsWith(".mjs") ? await import(pathToFileURL(found).href) : await loadScript(found);
  const handler = names.split(".").reduce((object, name) => object?.[name], loaded);
  if (typeof handler !== "function") throw named("Runtime.HandlerNotFound", `${process.env._HANDLER} is undefined or not exported`);
  if (handler.length >= 3) throw named("Runtime.CallbackHandlerDeprecated", "Node.js 24 takes no callback handlers: use an async function");
  return handler;
}

/* A .js file may be an ES module when its package says so. */
async function loadScript(file) {
  try {
    return require(file);
  } catch (error) {
    if (error?.code !== "ERR_REQUIRE_ESM" && error?.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return import(pathToFileURL(file).href);
  }
}

function named(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const { env } = process;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function errorBody(error) {
  const isError = error instanceof Error || (error !== null && typeof error === "object" && "message" in error);
  return JSON.stringify({
    errorType: isError ? String(error.name ?? "Error") : typeof error,
    errorMessage: isError ? String(error.message) : String(error),
    trace: isError ? String(error.stack ?? "").split("\n") : [],
  });
}

async function serve(handler) {
  for (;;) {
    const next = await call("GET", "/invocation/next");
    if (next.status !== 200) process.exit(0);
    const id = next.headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] ?? "";
    const before = process.cpuUsage();
    let outcome = "response";
    let body;
    try {
      body = JSON.stringify((await handler(JSON.parse(next.body), contextOf(next.headers))) ?? null);
    } catch (error) {
      console.error(error);
      outcome = "error";
      body = errorBody(error);
    }
    const used = process.cpuUsage(before);
    const headers = {
      "content-type": "application/json",
      "penfold-cpu-us": String(used.user + used.system),
      "penfold-rss": String(process.memoryUsage.rss()),
    };
    await call("POST", `/invocation/${id}/${outcome}`, body, headers);
  }
}

async function main() {
  routeAwsToGateway();
  hidePackagesOutside(process.env.LAMBDA_TASK_ROOT);
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    console.error(error);
    await call("POST", "/init/error", errorBody(error));
    process.exit(1);
  }
  await serve(handler);
}

process.on("uncaughtException", (error) => {
  console.error("Uncaught Exception", error);
  process.exit(129);
});
process.on("unhandledRejection", (reason) => {
  console.error("Unhandled Rejection", reason);
  process.exit(128);
});
/* The Runtime API is gone: so is the laptop cloud. */
main().catch(() => process.exit(0));
