package dev.fovea.core.technique;

import dev.fovea.core.message.Suggest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the text form of a {@link Card}, strictly. */
final class CardText {
    private static final List<String> STATIONS = List.of(
            "weights",
            "framing",
            "encoder",
            "connector",
            "prompt",
            "decoder",
            "attention",
            "residual",
            "cache",
            "logits");
    private static final List<String> REQUIRED = List.of("id", "title", "summary", "stations", "budget");
    private static final Set<String> ONCE =
            Set.of("id", "title", "arxiv", "summary", "stations", "budget", "full", "trained");
    private static final Set<String> REPEATED = Set.of("knob", "substitute", "note");
    private static final Pattern ID = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    private static final Pattern ARXIV = Pattern.compile("[0-9]{4}\\.[0-9]{5}");

    private final Map<String, List<String>> fields = new LinkedHashMap<>();

    private CardText(String text) {
        String name = "";
        for (String line : text.lines().toList()) {
            if (line.isBlank()) {
                continue;
            }
            if (Character.isWhitespace(line.charAt(0))) {
                append(name, line.strip());
                continue;
            }
            String[] parts = line.strip().split("\\s+", 2);
            name = parts[0];
            open(name, parts.length < 2 ? "" : parts[1]);
        }
        for (String required : REQUIRED) {
            if (!fields.containsKey(required)) {
                throw wrong("the field '" + required + "' is missing");
            }
        }
    }

    static Card parse(String text) {
        CardText t = new CardText(text);
        List<Knob> knobs = t.all("knob").stream().map(t::knob).toList();
        Set<String> names = new HashSet<>();
        for (Knob knob : knobs) {
            t.require(names.add(knob.name()), "the knob '" + knob.name() + "' is there twice");
        }
        return new Card(
                t.matching("id", ID),
                t.one("title"),
                t.fields.containsKey("arxiv") ? t.matching("arxiv", ARXIV) : "",
                t.sentence("summary", t.one("summary")),
                t.stations(),
                t.sentence("budget", t.one("budget")),
                t.full(knobs),
                knobs,
                t.all("substitute").stream().map(t::substitute).toList(),
                t.trained(),
                t.all("note").stream().map(note -> t.sentence("note", note)).toList());
    }

    private void append(String name, String more) {
        List<String> values = new ArrayList<>(all(name));
        require(!values.isEmpty(), "'" + more + "' continues no field");
        values.add(values.removeLast() + " " + more);
        fields.put(name, values);
    }

    private void open(String name, String value) {
        require(
                ONCE.contains(name) || REPEATED.contains(name),
                "there is no field '" + name + "'"
                        + Suggest.nearest(
                                name,
                                Stream.concat(ONCE.stream(), REPEATED.stream()).toList()));
        require(!value.isEmpty(), "the field '" + name + "' is empty");
        require(!ONCE.contains(name) || !fields.containsKey(name), "the field '" + name + "' is there twice");
        fields.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
    }

    private List<String> all(String name) {
        return fields.getOrDefault(name, List.of());
    }

    private String one(String name) {
        return all(name).getFirst();
    }

    private String matching(String name, Pattern form) {
        require(form.matcher(one(name)).matches(), "'" + one(name) + "' is no " + name);
        return one(name);
    }

    private String sentence(String name, String value) {
        require(value.endsWith("."), "the " + name + " '" + value + "' must end with a full stop");
        return value;
    }

    private List<String> stations() {
        if (one("stations").equals("none")) {
            return List.of();
        }
        List<String> stations = list(one("stations"));
        int last = -1;
        for (String station : stations) {
            int place = STATIONS.indexOf(station);
            require(place >= 0, "there is no station '" + station + "'" + Suggest.nearest(station, STATIONS));
            require(place > last, "the stations must stand in path order: " + String.join(", ", STATIONS));
            last = place;
        }
        return stations;
    }

    private Card.AtFull full(List<Knob> knobs) {
        if (!fields.containsKey("full")) {
            return new Card.AtFull(false, List.of());
        }
        String value = one("full");
        if (value.equals("acts")) {
            return new Card.AtFull(true, List.of());
        }
        require(value.startsWith("acts with "), "'full " + value + "' must be 'full acts' or 'full acts with KNOB'");
        List<String> with = list(value.substring("acts with ".length()));
        for (String name : with) {
            require(
                    knobs.stream()
                            .anyMatch(k -> k.name().equals(name) && k.fallback().equals("auto")),
                    "'full' names '" + name + "', which is no knob that is auto by default");
        }
        return new Card.AtFull(true, with);
    }

    private boolean trained() {
        require(!fields.containsKey("trained") || one("trained").equals("yes"), "the field 'trained' must be 'yes'");
        return fields.containsKey("trained");
    }

    private Substitute substitute(String word) {
        List<String> words =
                Arrays.stream(Substitute.values()).map(Substitute::word).toList();
        require(words.contains(word), "there is no substitute '" + word + "'" + Suggest.nearest(word, words));
        return Substitute.values()[words.indexOf(word)];
    }

    private Knob knob(String text) {
        try {
            return KnobText.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(said("the knob '" + text + "': " + e.getMessage()), e);
        }
    }

    private static List<String> list(String value) {
        return Arrays.stream(value.split(",", -1)).map(String::strip).toList();
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw wrong(otherwise);
        }
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(said(what + "."));
    }

    private String said(String what) {
        return "The card of " + (fields.containsKey("id") ? "technique '" + one("id") + "'" : "a technique")
                + " cannot be read: " + what;
    }
}
