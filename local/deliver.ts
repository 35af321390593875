import type { Caller } from "./ports.ts";
import type { ServiceContext } from "./service.ts";

/** Hands a message to whatever the ARN names: queue, topic or function (asynchronously). */
export async function deliver(context: ServiceContext, destination: string, body: string, caller: Caller): Promise<void> {
  switch (destination.split(":")[2]) {
    case "sqs":
      await context.port("queues").send(destination, { body }, caller);
      return;
    case "sns":
      await context.port("topics").publish(destination, { body }, caller);
      return;
    case "lambda":
      await context.port("functions").invokeLater(destination, body, caller);
      return;
    default:
      throw new Error(`destinations such as ${destination} are not known to the laptop cloud`);
  }
}

const sendActions: Readonly<Record<string, string>> = { sqs: "sqs:SendMessage", sns: "sns:Publish", lambda: "lambda:InvokeFunction" };

/** As `deliver`, with the rights of a role that the template gave. */
export async function sendAsRole(context: ServiceContext, roleArn: string, destination: string, body: string): Promise<void> {
  const action = sendActions[destination.split(":")[2] ?? ""];
  if (action && !context.allowsRole(roleArn, { action, resource: destination })) {
    throw new Error(`the role ${roleArn} may not ${action} on ${destination}`);
  }
  await deliver(context, destination, body, null);
}
