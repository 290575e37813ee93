/** English words too common to tell entries apart; lower case, apostrophes removed ("don't" is "dont"). */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about also am an and any are arent as at be because been being but by can cant could couldnt did didnt do does " +
    "doesnt doing dont for from had has hasnt have havent having he her here hers him his how i if im in into is isnt it " +
    "its itself ive just lets me my no nor not of on or our ours shall she should shouldnt so than that thats the their " +
    "theirs them then there theres these they this those to too us very was wasnt we were werent what whats when where " +
    "which who whom whose why will with wont would wouldnt you your youre yours"
  ).split(" "),
);
