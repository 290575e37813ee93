import fc from "fast-check";

/** Properties try the same cases in every run; `FC_SEED=$RANDOM npm test` looks for new ones. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_121) });
