import { ApiGatewayService } from "./api-gateway/api-gateway-service.ts";
import { CognitoService } from "./cognito/cognito-service.ts";
import { MalwareService } from "./malware/malware-service.ts";
import { S3Service } from "./s3/s3-service.ts";
import type { LocalService } from "./service.ts";
import { createSes } from "./ses/ses-service.ts";
import { WebDistributionService } from "./web-distribution/web-distribution-service.ts";

/**
 * The services that stand on the plug-in interface alone. Order is the order of start; stop is the reverse: the APIs say goodbye to open
 * WebSockets before the web address waits for its connections to end.
 */
export function attachedServices(): LocalService[] {
  return [new S3Service(), new MalwareService(), new CognitoService(), new WebDistributionService(), new ApiGatewayService(), createSes()];
}
