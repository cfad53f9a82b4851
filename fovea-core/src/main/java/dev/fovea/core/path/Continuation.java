package dev.fovea.core.path;

/**
 * What may follow a prompt, and the number that is made of how likely a language model finds it.
 *
 * @param ids at least one token
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
public record Continuation(int[] ids, Worth worth) {

    /** What is made of the log-probabilities of tokens. */
    public enum Worth {
        /** Their sum: the log-probability of the continuation. */
        LIKELIHOOD,
        /** Of the token that comes behind the whole continuation, that it is the last one once more. */
        LAST_AGAIN
    }

    public Continuation {
        if (ids.length == 0) {
            throw new IllegalArgumentException("A continuation has at least one token.");
        }
    }

    /** How likely these tokens are. */
    public static Continuation of(int... ids) {
        return new Continuation(ids, Worth.LIKELIHOOD);
    }
}
