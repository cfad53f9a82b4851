package dev.fovea.world;

import java.util.List;
import java.util.Locale;

/** What a question asks for. */
public enum Skill {
    PRESENCE,
    COLOUR,
    SHAPE,
    COUNT,
    RELATION,
    LOCATION,
    READING,
    COMPARISON,
    ODD_ONE_OUT,
    UNANSWERABLE;

    /** All skills, in order. */
    public static final List<Skill> ALL = List.of(values());

    /** The skill's name in files and tables, as in "odd_one_out". */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
