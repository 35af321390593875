/** What the browser is told about the webmail: nothing runs, loads or frames but what is listed. */
export const contentSecurityPolicy = (connectTo: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // The frame of a message inherits this policy: its sanitised style attributes are let through, style elements are not.
    "style-src-attr 'unsafe-inline'",
    // https: only reaches the frame of a message whose reader asked for pictures; every other frame's own policy refuses it.
    "img-src 'self' blob: data: https:",
    "font-src 'self'",
    `connect-src ${["'self'", ...connectTo].join(" ")}`,
    // A message is shown in a sandboxed frame whose own document states a stricter policy still.
    "frame-src 'self' blob:",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "object-src 'none'",
  ].join("; ");

/** Browser features that mail never needs. */
export const permissionsPolicy = [
  "accelerometer",
  "autoplay",
  "camera",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "usb",
  "xr-spatial-tracking",
]
  .map((feature) => `${feature}=()`)
  .join(", ");
