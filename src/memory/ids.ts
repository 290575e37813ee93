import { v7 } from "uuid";

/** A UUID v7 (RFC 9562) whose first 48 bits are `at`, in milliseconds since 1970. */
export const newUuid = (at: number): string => v7({ msecs: at });
