package dev.fovea.core.generate;

/** A form that answers must have, for example JSON of a schema. Holds no state; safe for use by several threads. */
public interface Grammar {

    /** The beginning of an answer. */
    Constraint begin();
}
