import { ServiceError } from "../service.ts";

/** Error codes of the Cognito user pools API; all are answered with status 400. */
export type CognitoErrorCode =
  | "CodeDeliveryFailureException"
  | "CodeMismatchException"
  | "EnableSoftwareTokenMFAException"
  | "ExpiredCodeException"
  | "GroupExistsException"
  | "InvalidParameterException"
  | "InvalidPasswordException"
  | "InvalidUserPoolConfigurationException"
  | "LimitExceededException"
  | "NotAuthorizedException"
  | "PasswordHistoryPolicyViolationException"
  | "PasswordResetRequiredException"
  | "RefreshTokenReuseException"
  | "ResourceNotFoundException"
  | "SoftwareTokenMFANotFoundException"
  | "UnexpectedLambdaException"
  | "UserLambdaValidationException"
  | "UserNotConfirmedException"
  | "UserNotFoundException"
  | "UsernameExistsException"
  | "UnsupportedOperationException";

export class CognitoError extends ServiceError {
  constructor(code: CognitoErrorCode, message: string) {
    super(400, code, message);
  }
}
