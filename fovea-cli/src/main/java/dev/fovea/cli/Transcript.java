package dev.fovea.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.OutputFile;
import dev.fovea.core.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A conversation as a file: a JSON list of {@code role}, {@code images} (files) and {@code text}, or plain text. */
final class Transcript {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Transcript() {}

    /**
     * Writes what was said.
     *
     * @param pictures files of the pictures in the order in which they were shown
     * @throws CommandFailure if the file would write over a picture or cannot be written
     */
    static void write(Path file, List<ChatMessage> messages, List<Path> pictures) {
        new Destinations(null, file).check(pictures);
        List<Map<String, Object>> turns = turns(messages, pictures);
        boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
        try {
            String content =
                    json ? JSON.writerWithDefaultPrettyPrinter().writeValueAsString(turns) + "\n" : text(turns);
            OutputFile.write(file, part -> Files.writeString(part, content));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A conversation cannot be written as JSON", e);
        } catch (IOException e) {
            throw CommandFailure.output(OutputFile.sentence(file, e), e);
        }
    }

    private static List<Map<String, Object>> turns(List<ChatMessage> messages, List<Path> pictures) {
        Iterator<Path> shown = pictures.iterator();
        List<Map<String, Object>> turns = new ArrayList<>();
        for (ChatMessage message : messages) {
            List<String> images = new ArrayList<>();
            // All pictures of a conversation about a video are its frames.
            long own = message.videos() > 0 ? pictures.size() : message.images();
            for (long i = 0; i < own && shown.hasNext(); i++) {
                images.add(shown.next().toString());
            }
            Map<String, Object> turn = new LinkedHashMap<>();
            turn.put("role", message.role());
            turn.put("images", images);
            turn.put("text", message.text());
            turns.add(turn);
        }
        return turns;
    }

    private static String text(List<Map<String, Object>> turns) {
        StringBuilder out = new StringBuilder();
        for (Map<String, Object> turn : turns) {
            out.append(turn.get("role")).append(": ");
            ((List<?>) requireNonNull(turn.get("images")))
                    .forEach(image -> out.append('[').append(image).append("] "));
            out.append(turn.get("text")).append("\n\n");
        }
        return out.toString();
    }
}
