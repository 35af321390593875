/** An AWS service refused a call for good: a missing right, a table that is not there, a malformed request. A bug or a wrong deployment. */
export class ServiceRefusal extends Error {
  override readonly name = "ServiceRefusal";
  readonly code: string;
  readonly status: number;
  constructor(service: string, code: string, status: number) {
    super(`${service} answered ${code} (${status})`);
    this.code = code;
    this.status = status;
  }
}
