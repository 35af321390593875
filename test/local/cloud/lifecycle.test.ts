import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../local/cloud.ts";
import { ChildRegister } from "../../../local/processes/child-register.ts";
import { temporaryFolder, writeAssembly } from "../support/assembly.ts";
import { clientsOf, eventually } from "../support/cloud.ts";

const stacks = { Test: { Resources: { Work: { Type: "AWS::SQS::Queue", Properties: { QueueName: "work" } } } } };

/** Runs a cloud in a process of its own, which tells its endpoints and key and then waits. */
function runApart(
  assemblyDir: string,
  dataDir: string,
): { child: ChildProcess; told: Promise<Pick<Cloud, "endpoints" | "credentials" | "region">> } {
  const program = `
    const { startCloud } = await import(${JSON.stringify(resolve(import.meta.dirname, "../../../local/cloud.ts"))});
    const { endpoints, credentials, region } = await startCloud(${JSON.stringify({ assemblyDir, dataDir })});
    console.log(JSON.stringify({ endpoints, credentials, region }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const told = new Promise<Pick<Cloud, "endpoints" | "credentials" | "region">>((done) =>
    child.stdout!.once("data", (line) => done(JSON.parse(String(line)))),
  );
  return { child, told };
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");

describe("the life of a laptop cloud", () => {
  let cloud: Cloud | undefined;
  afterEach(() => cloud?.stop());

  it("loses nothing it has acknowledged to kill -9, ends the orphans at the next start, and knows the same key", async () => {
    const assemblyDir = writeAssembly(stacks);
    const dataDir = temporaryFolder();
    const { child, told } = runApart(assemblyDir, dataDir);
    const apart = await told;
    const { sqs } = clientsOf(apart as Cloud);
    const url = `${apart.endpoints.gateway}/000000000000/work`;
    for (let at = 0; at < 20; at += 1) await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: `m${at}` }));
    const orphan = Number(/^(\d+)\.json$/m.exec(readdirSync(join(dataDir, "run")).join("\n"))![1]);
    child.kill("SIGKILL");
    await eventually(() => child.exitCode !== null || child.signalCode !== null);
    expect(isAlive(orphan)).toBe(true);
    cloud = await startCloud({ assemblyDir, dataDir });
    expect(isAlive(orphan)).toBe(false);
    expect(cloud.credentials).toEqual(apart.credentials);
    const seen: string[] = [];
    for (;;) {
      const { Messages = [] } = await clientsOf(cloud).sqs.send(
        new ReceiveMessageCommand({ QueueUrl: cloud.resource("Work").ref, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) break;
      seen.push(...Messages.map(({ Body }) => Body!));
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => `m${at}`));
  });

  it("refuses a data folder that a living cloud holds, and says which process", async () => {
    const assemblyDir = writeAssembly(stacks);
    const dataDir = temporaryFolder();
    const { child, told } = runApart(assemblyDir, dataDir);
    await told;
    await expect(startCloud({ assemblyDir, dataDir })).rejects.toThrow(`in use by process ${child.pid}`);
    child.kill("SIGKILL");
    new ChildRegister(dataDir).endOrphans();
  });

  it("says which port is busy and how to choose another", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    await expect(startCloud({ assemblyDir: writeAssembly(stacks), dataDir: temporaryFolder(), ports: { web: port } })).rejects.toThrow(
      `Port ${port} for the web is in use by another program; choose another with --web-port or PENFOLD_WEB_PORT.`,
    );
    server.close();
  });

  it("says what to do when there is no assembly", async () => {
    await expect(startCloud({ assemblyDir: temporaryFolder(), dataDir: temporaryFolder() })).rejects.toThrow('run "npx cdk synth" first');
  });

  it("leaves no process behind when it stops", async () => {
    const dataDir = temporaryFolder();
    const own = await startCloud({ assemblyDir: writeAssembly(stacks), dataDir });
    await own.stop();
    expect(readdirSync(join(dataDir, "run"))).toEqual([]);
  });
});
