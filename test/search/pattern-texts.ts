/** A pattern as somebody would save it; patterns of one group are about the same thing. */
type PatternText = readonly [group: string, title: string, tags: string, body: string];
/** What somebody would ask, and the group that answers it; `none` does. */
type Situation = readonly [group: string, text: string];

export interface Texts {
  readonly patterns: readonly PatternText[];
  readonly situations: readonly Situation[];
}

/** The texts on which the measure was chosen. */
export const CHOSEN_ON: Texts = {
  patterns: [
    [
      "retry",
      "Retry with exponential backoff and jitter",
      "http, resilience",
      "Wrap calls to remote services in a retry loop: at most five attempts, the wait doubles each time from 100 ms, with full jitter. Only retry on timeouts, 429 and 5xx; never on 4xx. Give up with the last error.",
    ],
    [
      "retry",
      "Backoff for flaky upstream APIs",
      "api, reliability",
      "When an upstream API answers 503 or times out, try again after a growing delay with random jitter. Cap the number of attempts and the total time. Respect the Retry-After header.",
    ],
    [
      "retry",
      "Queue consumers retry failed jobs with delay",
      "queue, worker",
      "A failed job goes back on the queue with an exponentially growing delay. After ten attempts it lands in the dead letter queue, where an alert fires.",
    ],
    [
      "idempotency",
      "Idempotency keys on payment endpoints",
      "payments, api",
      "Clients send an Idempotency-Key header; the server keeps key and response for 24 hours and returns the stored response when the same request comes again, so that a retried POST never charges twice.",
    ],
    [
      "idempotency",
      "Make webhook handlers idempotent",
      "webhook, events",
      "Store the event id of every webhook in a table with a unique constraint and skip events that were processed before. Providers deliver the same event more than once.",
    ],
    [
      "cache",
      "Cache-aside with Redis",
      "redis, caching",
      "Read from the cache first, on a miss load from the database and write the value to Redis with a TTL. Writes delete the key, they never update it, so that stale data lives at most for the TTL.",
    ],
    [
      "cache",
      "Invalidate cached pages by tag",
      "caching, cdn",
      "Tag every cached response with the ids of the entities it shows. On a write purge all responses with that tag from the CDN cache. No guessing of TTLs.",
    ],
    [
      "cache",
      "Avoid cache stampede with a single flight",
      "caching, redis",
      "When a hot key expires only one request recomputes the value while the others wait for it or get the stale value. Use a short lock in Redis per key.",
    ],
    [
      "flags",
      "Ship behind a feature flag",
      "release, feature-flag",
      "New behaviour goes behind a feature flag that is off by default. Turn it on for the team, then 5 %, then everybody. Remove the flag within two sprints.",
    ],
    [
      "flags",
      "Gradual rollout by percentage",
      "rollout, deployment",
      "Roll a risky change out to 1 %, 10 %, 50 % and 100 % of users with a flag, watching the error rate at each step, and switch it off at the first regression.",
    ],
    [
      "flags",
      "Kill switch for every integration",
      "feature-flag, operations",
      "Each third party integration has a runtime flag that turns it off without a deploy. The page then shows a fallback.",
    ],
    [
      "deploy",
      "Blue-green deployment",
      "deployment, zero-downtime",
      "Run two identical environments. Deploy to the idle one, run smoke tests, then switch the load balancer over. Roll back by switching back.",
    ],
    [
      "deploy",
      "Canary release on Kubernetes",
      "deployment, kubernetes",
      "Send a small share of traffic to the new version of the deployment, compare its error rate and latency with the old one, and promote or roll back automatically.",
    ],
    [
      "outbox",
      "Transactional outbox for domain events",
      "events, database",
      "Write the event into an outbox table in the same transaction as the state change. A relay reads the table and publishes to Kafka, so that no event is lost or published for a rolled back transaction.",
    ],
    [
      "outbox",
      "Publish messages after commit through an outbox table",
      "messaging, postgres",
      "Never publish to the broker inside a request. Insert the message in the outbox with the business row and let a poller deliver it at least once.",
    ],
    [
      "factories",
      "Test data builders instead of fixtures",
      "testing",
      "Each test builds the objects it needs with a builder that has sensible defaults, and sets only the values that matter for the test. Shared fixture files made tests depend on each other.",
    ],
    [
      "factories",
      "Object factories for database tests",
      "testing, database",
      "Use factory functions to create rows with valid defaults in tests; override only what the test is about. Every test runs in a transaction that is rolled back.",
    ],
    [
      "factories",
      "One golden file per rendered report",
      "testing, snapshots",
      "Compare the rendered report with a golden file in the repository; update with a flag and review the difference in the pull request.",
    ],
    [
      "contract",
      "Consumer driven contract tests with Pact",
      "testing, api",
      "Consumers write down the requests and responses they rely on as a pact; the provider verifies these contracts in its pipeline before deploying. Replaces most end-to-end tests.",
    ],
    [
      "contract",
      "Verify API compatibility against the OpenAPI schema",
      "api, testing, ci",
      "The pipeline compares the OpenAPI schema with the one of the last release and fails on breaking changes. Consumers generate clients from it.",
    ],
    [
      "migration",
      "Expand and contract database migrations",
      "database, migration, zero-downtime",
      "Change a schema in steps that are each compatible with the running code: add the new column, write to both, backfill, switch reads, then drop the old column in a later release.",
    ],
    [
      "migration",
      "Backfill large tables in batches",
      "database, migration",
      "Fill a new column of a large table in batches of a thousand rows by primary key, with a pause between, outside of the migration's transaction, so that no lock is held for long.",
    ],
    [
      "migration",
      "Rename a column without downtime",
      "database, postgres",
      "Add the column with the new name, keep both in step with a trigger, move the readers, then drop the old one. A plain rename breaks the code that is still running.",
    ],
    [
      "ports",
      "Ports and adapters around external services",
      "architecture",
      "The domain defines an interface for each external service; adapters implement it. Tests use an in-memory adapter. No SDK types in the domain.",
    ],
    [
      "ports",
      "Repository interface in front of the database",
      "architecture, database",
      "Domain code talks to a repository interface; the Postgres implementation lives in the infrastructure layer and an in-memory implementation serves the unit tests.",
    ],
    [
      "paging",
      "Cursor pagination for list endpoints",
      "api, pagination",
      "List endpoints return an opaque cursor for the next page instead of an offset. The cursor encodes the last sort key. Stable when rows are inserted, fast at any depth.",
    ],
    [
      "paging",
      "Keyset pagination instead of OFFSET",
      "database, pagination, performance",
      "Page through large tables with WHERE (created_at, id) < (?, ?) and LIMIT; OFFSET reads and discards all rows before and gets slower with each page.",
    ],
    [
      "logging",
      "Structured logs with a correlation id",
      "logging, observability",
      "Log JSON with a correlation id that is taken from the incoming request header or made, and passed on to all downstream calls, so that one request can be followed through all services.",
    ],
    [
      "logging",
      "Trace id in every log line",
      "observability, tracing",
      "Middleware puts the trace id into the logging context; every log line of a request carries it and the error page shows it to the user for support.",
    ],
    [
      "breaker",
      "Circuit breaker around slow dependencies",
      "resilience",
      "After a number of failures in a row the breaker opens and calls fail at once for thirty seconds, then one trial call is let through. Keeps a slow dependency from exhausting the thread pool.",
    ],
    [
      "breaker",
      "Timeouts and bulkheads on every remote call",
      "resilience, http",
      "Every remote call has a timeout and its own connection pool, so that one slow dependency cannot take all threads of the service.",
    ],
    [
      "flaky",
      "Inject the clock in tests",
      "testing",
      "Code takes the clock as a parameter; tests give a fixed one. Tests that slept or read the system time were flaky around midnight and on slow machines.",
    ],
    [
      "flaky",
      "Quarantine flaky tests",
      "testing, ci",
      "A test that fails without a code change is moved to a quarantine suite that does not block the pipeline, with a ticket and an owner; it is fixed or deleted within a week.",
    ],
    [
      "errors",
      "Problem details for API errors",
      "api, error-handling",
      "Every error response is application/problem+json with type, title, status, detail and a code that clients can rely on; no stack traces.",
    ],
    [
      "config",
      "Validate configuration at start",
      "configuration",
      "Parse all environment variables into one typed object at start and exit with a list of all problems when one is missing or wrong.",
    ],
    [
      "review",
      "Small pull requests",
      "process, review",
      "Keep pull requests below four hundred changed lines; split refactorings from behaviour changes so that a reviewer can follow.",
    ],
  ],
  situations: [
    [
      "retry",
      "Calls to the shipping provider sometimes time out or answer 503 and the order fails. How should we retry?",
    ],
    [
      "retry",
      "background jobs fail now and then because the mail API is down, we need to try them again with growing delays",
    ],
    ["idempotency", "customers were charged twice because the mobile app resent the payment request"],
    ["idempotency", "Stripe sends the same webhook event several times and we process it again"],
    ["cache", "product pages show stale prices because the redis cache is not invalidated after an update"],
    ["cache", "when the cache entry expires hundreds of requests hit the database at once"],
    ["flags", "We want to release the new checkout to a few users first and be able to switch it off"],
    ["deploy", "deploy a new version without downtime and roll back quickly if the error rate rises"],
    [
      "outbox",
      "Events are sometimes lost when the service crashes after committing to the database but before publishing to Kafka",
    ],
    ["factories", "test fixtures are shared and changing one breaks unrelated tests, how do we create test data"],
    [
      "contract",
      "the provider team changed a response field and broke our client; how do we detect breaking API changes in the pipeline",
    ],
    ["migration", "rename a column in a large postgres table while the old code is still running"],
    ["migration", "adding a new column and backfilling millions of rows locks the table"],
    ["ports", "the domain code imports the AWS SDK everywhere and is hard to unit test"],
    ["paging", "listing orders with OFFSET gets slow on deep pages"],
    ["logging", "we cannot follow a request through our services in the logs"],
    ["breaker", "a slow dependency exhausts all threads and takes our service down"],
    ["flaky", "tests fail at random around midnight in CI because they use the system time"],
    ["errors", "what should error responses of our REST API look like"],
    ["config", "service crashes an hour after start because an environment variable is missing"],
    ["none", "choose a colour scheme for the marketing site"],
    ["none", "how do we store passwords of users safely"],
    ["none", "upgrade the frontend from Vue 2 to Vue 3 step by step"],
    ["none", "train a model that predicts customer churn"],
  ],
};

/** Texts of other subjects, written afterwards. */
export const HELD_OUT: Texts = {
  patterns: [
    [
      "secrets",
      "Keep secrets in the vault",
      "security",
      "Applications fetch passwords and API keys from the vault at start; nothing secret in the repository, in images or in environment files that are checked in. Rotate every ninety days.",
    ],
    [
      "secrets",
      "Scan commits for leaked credentials",
      "security, ci",
      "A pre-commit hook and a pipeline job scan every change for API keys and passwords. A leaked secret is rotated first and removed from the history second.",
    ],
    [
      "lock",
      "Optimistic locking with a version column",
      "database, concurrency",
      "Every row has a version; an update says which version it read and fails with a conflict when somebody else wrote in between. The client reads again and retries.",
    ],
    [
      "lock",
      "ETag and If-Match on updates",
      "api, concurrency",
      "PUT and PATCH require If-Match with the ETag that the client read; a stale one is answered with 412, so that two editors do not overwrite each other's changes.",
    ],
    [
      "form",
      "Validate forms with one schema on both sides",
      "frontend, validation",
      "The form and the server share one zod schema; the browser shows the messages while typing and the server refuses what the schema does not allow.",
    ],
    [
      "form",
      "Keep form state in the URL",
      "frontend",
      "Filters and search forms write their state to the query string, so that a view can be shared as a link and the back button works.",
    ],
    [
      "state",
      "Server state belongs in the query cache",
      "frontend, react",
      "Data that comes from the server lives in React Query, never in the global store. Mutations invalidate the queries they touch.",
    ],
    [
      "bundle",
      "Split the bundle by route",
      "frontend, performance",
      "Each route is loaded lazily with a dynamic import, so that the first page loads 120 KB of JavaScript instead of a megabyte.",
    ],
    [
      "bundle",
      "Performance budget for JavaScript in CI",
      "frontend, performance, ci",
      "The pipeline fails when the JavaScript of the first page grows beyond its budget; the report names the packages that grew.",
    ],
    [
      "docs",
      "Architecture decision records",
      "documentation, architecture",
      "Each decision that is hard to reverse gets a short numbered record with context, options and consequences, in the repository and reviewed with the code.",
    ],
    [
      "docs",
      "Runbook per alert",
      "operations, documentation",
      "Every alert links to a runbook that says what it means, how to confirm it and what to do first. An alert without a runbook is not merged.",
    ],
    [
      "infra",
      "Infrastructure as Terraform modules",
      "infrastructure, terraform",
      "All cloud resources are declared in Terraform modules; nobody changes anything in the console. Plans are reviewed in the pull request and applied by the pipeline.",
    ],
    [
      "infra",
      "Detect drift of the infrastructure every night",
      "infrastructure, terraform",
      "A nightly job runs terraform plan against production and opens a ticket when the real resources differ from the code.",
    ],
    [
      "queue",
      "Limit concurrency per tenant",
      "multi-tenant, queue",
      "Each tenant has its own queue with a fixed number of workers, so that one large customer cannot starve the others.",
    ],
    [
      "queue",
      "Rate limit per API key",
      "api, multi-tenant",
      "A token bucket per API key limits requests; over the limit the answer is 429 with Retry-After. Limits are part of the customer's plan.",
    ],
    [
      "types",
      "Branded types for ids",
      "typescript",
      "UserId and OrderId are branded strings, so that the compiler refuses to pass one where the other is expected.",
    ],
    [
      "types",
      "Parse, do not validate",
      "typescript, architecture",
      "At the edge of the system unknown input is parsed into precise types; inside no function checks again.",
    ],
  ],
  situations: [
    ["secrets", "an API key was committed to the repository, how do we keep secrets out of it"],
    ["lock", "two users edit the same record and the second one overwrites the changes of the first"],
    ["form", "server and browser validate a form differently"],
    ["bundle", "the first page loads too much JavaScript and is slow"],
    ["state", "our redux store is full of server data that goes stale after mutations"],
    ["docs", "nobody remembers why we decided to use this architecture"],
    ["docs", "the person on call does not know what to do when an alert fires"],
    ["infra", "somebody changed cloud resources by hand in the console and terraform plan shows differences"],
    ["queue", "one big customer sends so many requests that the other tenants are starved"],
    ["types", "a user id was passed where an order id was expected"],
    ["none", "pick a font for the slides"],
    ["none", "how do we send push notifications on iOS"],
    ["none", "import CSV files of ten gigabytes"],
  ],
};
