package dev.fovea.core.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One turn of a conversation, as chat templates see it.
 *
 * @param role {@code system}, {@code user} or {@code assistant}, or another role that the template knows
 * @param parts what the turn consists of, in order
 */
public record ChatMessage(String role, List<Part> parts) {
    public ChatMessage {
        parts = List.copyOf(parts);
    }

    /** A piece of a turn. */
    public sealed interface Part {}

    /** Words. */
    public record Text(String text) implements Part {}

    /** The place of a picture. */
    public record Image() implements Part {}

    /** The place of a video. */
    public record Video() implements Part {}

    /** A turn that shows some pictures and then says something. */
    public static ChatMessage of(String role, int images, String text) {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            parts.add(new Image());
        }
        parts.add(new Text(text));
        return new ChatMessage(role, parts);
    }

    /** The same turn with other words, behind what it shows. */
    public ChatMessage worded(String text) {
        List<Part> others =
                new ArrayList<>(parts.stream().filter(p -> !(p instanceof Text)).toList());
        others.add(new Text(text));
        return new ChatMessage(role, others);
    }

    /** How many pictures the turn shows. */
    public long images() {
        return parts.stream().filter(Image.class::isInstance).count();
    }

    /** How many videos the turn shows. */
    public long videos() {
        return parts.stream().filter(Video.class::isInstance).count();
    }

    /** The words of the turn, one part after the other. */
    public String text() {
        return parts.stream()
                .filter(Text.class::isInstance)
                .map(p -> ((Text) p).text())
                .collect(Collectors.joining("\n"));
    }
}
