import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

/** Sets the headers that keep browsers from doing more than show what they are sent; `style` is the hash of the page's own style. */
export function securityHeaders(
  style: string,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": ["'none'"],
        "style-src": [`'${style}'`],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
      },
    },
    referrerPolicy: { policy: "no-referrer" },
    // There is no TLS on loopback.
    strictTransportSecurity: false,
    xFrameOptions: { action: "deny" },
  });
}
