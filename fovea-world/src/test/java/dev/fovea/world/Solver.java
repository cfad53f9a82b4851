package dev.fovea.world;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers questions from their words, the list of objects and the raster of owners alone, sharing no code with the
 * templates that made them.
 */
final class Solver {
    private static final String[] GRID = {
        "top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right"
    };

    private static final String SIDE =
            "(to the left of|left of|to the right of|right of|above|higher than|below|lower than)";

    private final Scene scene;
    private final Picture picture;

    Solver(Scene scene, Picture picture) {
        this.scene = scene;
        this.picture = picture;
    }

    String answer(String question) {
        String q = question.replaceAll("[?.]$", "").replace("color", "colour");
        if (q.contains("odd one out")) {
            return odd(q);
        }
        if (q.matches(
                "What does the sign say|(What|Which) word is on the sign|Read the sign|What is written on the sign")) {
            return text("the sign");
        }
        if (q.matches("(Is there|(Can|Do) you see|Does the picture show) an? .*")) {
            String about = phrase(
                    q, "(?:Is there|(?:Can|Do) you see|Does the picture show) (.*?)(?: in (?:the|this) picture)?");
            return yes(!matching(about).isEmpty());
        }
        String answer = byComparison(q);
        if (answer == null) {
            answer = byRelation(q);
        }
        return answer == null ? attribute(q) : answer;
    }

    private @Nullable String byComparison(String q) {
        if (q.startsWith("Is the number")) {
            return more(q, "Is the number of (.*) larger than that of (.*)");
        }
        if (q.contains(" more ") && !q.startsWith("Is the size")) {
            return more(q, "(?:Are there|Do you see) more (.*) than (.*)");
        }
        if (q.startsWith("How many") || q.startsWith("Count") || q.contains("number of")) {
            return count(q);
        }
        if (q.contains("same")) {
            return same(q);
        }
        if (q.matches("Is the .* (bigger|larger|smaller) than .*|Is the size of .*")) {
            return bigger(q);
        }
        return q.contains(" or the ") ? which(q) : null;
    }

    private @Nullable String byRelation(String q) {
        if (q.matches("Is .*|Can you see the .*")) {
            return relation(q);
        }
        if (q.matches(
                "((Which|What) shape is (the object that is )?|What is the shape of the object )" + SIDE + ".*")) {
            return related(q);
        }
        if (q.matches("(What|Which) shape has the .* on it|On which shape is the .*")) {
            String text = phrase(q, "(?:(?:What|Which) shape has|On which shape is) the (.*?)(?: on it)?");
            return single(matching("object with the " + text), o -> o.shape().word());
        }
        return null;
    }

    private String attribute(String q) {
        String about = phrase(
                q,
                ".*?\\bthe (?!colour of|shape of|box of|row and|letter on|digit on|picture is)((?:\\S+ )*?(?:object|"
                        + shapes() + ")(?: with the (?:letter|digit) .)?)\\b.*");
        List<SceneObject> found = matching(about);
        if (q.contains("colour")) {
            return single(found, o -> o.colour().word());
        }
        if (q.contains("shape")) {
            return single(found, o -> o.shape().word());
        }
        if (q.contains("box")) {
            return single(found, o -> box(o.index()));
        }
        if (q.contains("row and column")) {
            return single(found, o -> "row " + (cell(o.index()) / 3 + 1) + " column " + (cell(o.index()) % 3 + 1));
        }
        if (q.contains("Where") || q.contains("which part")) {
            return single(found, o -> GRID[cell(o.index())]);
        }
        if (q.contains("letter is")
                || q.contains("digit is")
                || q.contains("written")
                || q.contains("on it")
                || q.startsWith("Read")) {
            return text(about);
        }
        throw new AssertionError("No rule for: " + q);
    }

    private static String shapes() {
        return String.join("|", Shape.ALL.stream().map(Shape::word).toList());
    }

    private String text(String about) {
        return single(matching(about), o -> requireNonNull(o.text()));
    }

    private static String single(List<SceneObject> found, Function<SceneObject, String> answer) {
        assertAtMostOne(found);
        return found.isEmpty() ? "not there" : answer.apply(found.getFirst());
    }

    private static void assertAtMostOne(List<SceneObject> found) {
        if (found.size() > 1) {
            throw new AssertionError("The reference is ambiguous: " + found);
        }
    }

    private SceneObject one(String about) {
        List<SceneObject> found = matching(about);
        assertAtMostOne(found);
        return found.getFirst();
    }

    private static String phrase(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.matches()) {
            throw new AssertionError("'" + text + "' does not have the form " + pattern);
        }
        return matcher.group(1);
    }

    private static String yes(boolean value) {
        return value ? "yes" : "no";
    }

    /** The objects that a noun phrase fits, singular or plural. */
    private List<SceneObject> matching(String phrase) {
        Predicate<SceneObject> fits = o -> true;
        String[] words = phrase.replaceAll("^(a|an|the) ", "").split(" ", -1);
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (word.equals("with")) {
                String written = words[words.length - 1];
                fits = fits.and(o -> written.equals(o.text()));
                break;
            }
            fits = fits.and(word(word));
        }
        return scene.objects().stream().filter(fits).toList();
    }

    private static Predicate<SceneObject> word(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        String singular =
                upper.equals("CROSSES") ? "CROSS" : upper.equals("CROSS") ? upper : upper.replaceAll("S$", "");
        if (singular.equals("OBJECT")) {
            return o -> true;
        }
        List<Predicate<SceneObject>> found = new ArrayList<>();
        Shape.ALL.stream().filter(s -> s.name().equals(singular)).forEach(s -> found.add(o -> o.shape() == s));
        Colour.ALL.stream().filter(c -> c.name().equals(upper)).forEach(c -> found.add(o -> o.colour() == c));
        Size.ALL.stream().filter(s -> s.name().equals(upper)).forEach(s -> found.add(o -> o.size() == s));
        Texture.ALL.stream().filter(t -> t.name().equals(upper)).forEach(t -> found.add(o -> o.texture() == t));
        if (found.size() != 1) {
            throw new AssertionError("Unknown word: " + word);
        }
        return found.getFirst();
    }

    private String count(String q) {
        String about = phrase(
                q, "(?:How many|Count the|What is the number of) (.*?)(?: are there| do you see| are in the picture)?");
        return Integer.toString(matching(about).size());
    }

    private String more(String q, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(q);
        if (!matcher.matches()) {
            throw new AssertionError(q);
        }
        return yes(
                matching(matcher.group(1)).size() > matching(matcher.group(2)).size());
    }

    private String same(String q) {
        Matcher matcher = Pattern.compile(
                        "(?:(?:Do|Are) the (.*) and the (.*?)(?: have)? the same (?:colour|shape)|Is the (?:colour|shape) of the (.*) the same as that of the (.*))")
                .matcher(q);
        if (!matcher.matches()) {
            throw new AssertionError(q);
        }
        SceneObject a = one(matcher.group(1) == null ? matcher.group(3) : matcher.group(1));
        SceneObject b = one(matcher.group(2) == null ? matcher.group(4) : matcher.group(2));
        return yes(q.contains("colour") ? a.colour() == b.colour() : a.shape() == b.shape());
    }

    private String bigger(String q) {
        Matcher matcher = Pattern.compile(
                        "(?:Is the size of the (.*) more than that of the (.*)|Is the (.*) (?:bigger|larger|smaller) than the (.*))")
                .matcher(q);
        if (!matcher.matches()) {
            throw new AssertionError(q);
        }
        double a = one(matcher.group(1) == null ? matcher.group(3) : matcher.group(1))
                .radius();
        double b = one(matcher.group(2) == null ? matcher.group(4) : matcher.group(2))
                .radius();
        return yes(q.contains("smaller") ? a < b * 0.9 : a > b * 1.1);
    }

    private String which(String q) {
        Matcher matcher = Pattern.compile("(?:Which|What) is (\\w+), the (.*) or the (.*)")
                .matcher(q);
        if (!matcher.matches()) {
            throw new AssertionError(q);
        }
        boolean first = one(matcher.group(2)).radius() > one(matcher.group(3)).radius();
        return matcher.group(first == matcher.group(1).equals("smaller") ? 3 : 2);
    }

    private String relation(String q) {
        Matcher matcher = Pattern.compile(
                        "(?:Is the|Can you see the|Is it true that the) (.*?)(?: is)? " + SIDE + " the (.*)")
                .matcher(q);
        if (!matcher.matches()) {
            throw new AssertionError(q);
        }
        double lead = lead(matcher.group(2), one(matcher.group(1)), one(matcher.group(3)));
        if (Math.abs(lead) < 0.119) {
            throw new AssertionError("Too close to tell: " + q);
        }
        return yes(lead > 0);
    }

    private String related(String q) {
        Matcher matcher = Pattern.compile(".*?" + SIDE + " the (.*)").matcher(q);
        if (!matcher.matches()) {
            throw new AssertionError(q);
        }
        SceneObject anchor = one(matcher.group(2));
        List<SceneObject> found = scene.objects().stream()
                .filter(o -> o.index() != anchor.index() && lead(matcher.group(1), o, anchor) > 0.119)
                .toList();
        return single(found, o -> o.shape().word());
    }

    private double lead(String side, SceneObject a, SceneObject b) {
        double[] from = centre(b.index());
        double[] to = centre(a.index());
        return switch (side) {
            case "left of", "to the left of" -> from[0] - to[0];
            case "right of", "to the right of" -> to[0] - from[0];
            case "above", "higher than" -> from[1] - to[1];
            default -> to[1] - from[1];
        };
    }

    private String odd(String q) {
        for (SceneObject candidate : scene.objects()) {
            List<SceneObject> rest = scene.objects().stream()
                    .filter(o -> o.index() != candidate.index())
                    .toList();
            SceneObject first = rest.getFirst();
            boolean byShape =
                    rest.stream().allMatch(o -> o.shape() == first.shape()) && first.shape() != candidate.shape();
            boolean byColour =
                    rest.stream().allMatch(o -> o.colour() == first.colour()) && first.colour() != candidate.colour();
            if (byShape || byColour) {
                return q.contains("colour")
                        ? candidate.colour().word()
                        : q.contains("shape") ? candidate.shape().word() : GRID[cell(candidate.index())];
            }
        }
        throw new AssertionError("Nothing is odd: " + scene);
    }

    private int[] bounds(int index) {
        int n = picture.width();
        int[] bounds = {n, picture.height(), 0, 0};
        for (int p = 0; p < n * picture.height(); p++) {
            if (picture.owner()[p] == index) {
                bounds[0] = Math.min(bounds[0], p % n);
                bounds[1] = Math.min(bounds[1], p / n);
                bounds[2] = Math.max(bounds[2], p % n + 1);
                bounds[3] = Math.max(bounds[3], p / n + 1);
            }
        }
        return bounds;
    }

    private double[] centre(int index) {
        int[] b = bounds(index);
        return new double[] {(b[0] + b[2]) / (2.0 * picture.width()), (b[1] + b[3]) / (2.0 * picture.height())};
    }

    private int cell(int index) {
        double[] c = centre(index);
        return 3 * (int) (3 * c[1]) + (int) (3 * c[0]);
    }

    private String box(int index) {
        StringBuilder numbers = new StringBuilder();
        int[] b = bounds(index);
        for (int i = 0; i < b.length; i++) {
            int side = i % 2 == 0 ? picture.width() : picture.height();
            numbers.append(Math.min(Math.round(100.0 * b[i] / side), 99)).append(' ');
        }
        return numbers.toString().strip();
    }
}
