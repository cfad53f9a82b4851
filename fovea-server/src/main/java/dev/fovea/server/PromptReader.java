package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads messages in either of OpenAI's forms: those of chats and those of responses, which name their parts otherwise. */
final class PromptReader {
    private static final int MOST_MESSAGES = 2_000;

    private static final Set<String> MESSAGE = Set.of(
            "role",
            "content",
            "name",
            "refusal",
            "audio",
            "tool_calls",
            "function_call",
            "annotations",
            "type",
            "id",
            "status");

    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<Attachment> attachments = new ArrayList<>();

    /** A conversation from a list of messages. */
    static Prompt read(List<JsonNode> list, String path) {
        PromptReader reader = new PromptReader();
        reader.all(list, path);
        return reader.prompt(path);
    }

    /** What the model is told before anything else, if it is told something. */
    void instructions(@Nullable String text) {
        if (text != null) {
            messages.add(ChatMessage.of("system", 0, text));
        }
    }

    /** A single message of the user. */
    void user(String text) {
        messages.add(ChatMessage.of("user", 0, text));
    }

    void all(List<JsonNode> list, String path) {
        if (list.isEmpty()) {
            throw ApiException.invalid(path, "'" + path + "' must hold at least one message.");
        }
        if (list.size() > MOST_MESSAGES) {
            throw ApiException.invalid(
                    path,
                    "'" + path + "' holds " + list.size() + " messages; at most " + MOST_MESSAGES + " are taken.");
        }
        for (int i = 0; i < list.size(); i++) {
            message(Fields.of(list.get(i), path + "[" + i + "]"));
        }
    }

    Prompt prompt(String path) {
        if (!messages.getLast().role().equals("user")) {
            throw ApiException.invalid(path, "The last message must be the user's, for the model to answer it.");
        }
        return new Prompt(messages, attachments);
    }

    private void message(Fields message) {
        message.only(MESSAGE);
        String type = message.text("type");
        if (type != null && !type.equals("message")) {
            throw ApiException.invalid(
                    message.path() + "type",
                    "Items of the type '" + Printable.of(type) + "' are not supported; give messages.");
        }
        message.refuse("tool_calls", "This server runs no tools; leave 'tool_calls' out.");
        message.refuse("function_call", "This server runs no functions; leave 'function_call' out.");
        message.refuse("audio", "Sound is not supported; leave 'audio' out.");
        String role = role(message);
        JsonNode content = message.get("content");
        List<ChatMessage.Part> parts = new ArrayList<>();
        if (content == null) {
            throw ApiException.invalid(message.path() + "content", "A message needs a 'content'.");
        } else if (content.isTextual()) {
            parts.add(new ChatMessage.Text(content.textValue()));
        } else {
            List<JsonNode> list = message.list("content");
            for (int i = 0; i < list.size(); i++) {
                parts.add(part(Fields.of(list.get(i), message.path() + "content[" + i + "]"), role));
            }
        }
        messages.add(new ChatMessage(role, parts));
    }

    private static String role(Fields message) {
        String role = message.text("role");
        return switch (role == null ? "" : role) {
            case "system", "developer" -> "system";
            case "user" -> "user";
            case "assistant" -> "assistant";
            default ->
                throw ApiException.invalid(
                        message.path() + "role",
                        "A message needs the role system, developer, user or assistant, not '" + Printable.of(role)
                                + "'.");
        };
    }

    private ChatMessage.Part part(Fields part, String role) {
        String type = part.text("type");
        return switch (type == null ? "" : type) {
            case "text", "input_text", "output_text" -> {
                String text = part.text("text");
                if (text == null) {
                    throw ApiException.invalid(part.path() + "text", "A part of the type text needs a 'text'.");
                }
                yield new ChatMessage.Text(text);
            }
            case "refusal" -> {
                String text = part.text("refusal");
                yield new ChatMessage.Text(text == null ? "" : text);
            }
            case "image_url", "input_image" -> {
                requireUser(part, role);
                attachments.add(new Attachment.Picture(url(part)));
                yield new ChatMessage.Image();
            }
            case "file", "input_file" -> {
                requireUser(part, role);
                attachments.add(new Attachment.File(data(file(part))));
                yield new ChatMessage.Image();
            }
            default ->
                throw ApiException.invalid(
                        part.path() + "type",
                        "Parts of the type '" + Printable.of(type)
                                + "' are not supported; give text, image_url and file (or input_text, input_image and input_file).");
        };
    }

    private static void requireUser(Fields part, String role) {
        if (!role.equals("user")) {
            throw ApiException.invalid(
                    part.path() + "type", "Pictures and documents can stand in messages of the user only.");
        }
    }

    /** A document or picture: in an object of its own in chats, in the part itself in responses. */
    private static Fields file(Fields part) {
        Fields inner = part.object("file");
        return inner == null ? part : inner;
    }

    /** The content of a file, as it was sent. */
    static String data(Fields file) {
        file.refuse("file_id", "Files are not kept by this server; send them as 'file_data'.");
        file.refuse("file_url", "Addresses are not opened; send files as 'file_data'.");
        String data = file.text("file_data");
        if (data == null) {
            throw ApiException.invalid(
                    file.path() + "file_data",
                    "A file needs its content as 'file_data': data:application/pdf;base64,... .");
        }
        return data;
    }

    /** A text, or an object with one. */
    private static String url(Fields part) {
        part.refuse("file_id", "Files are not kept by this server; send pictures as data URLs.");
        JsonNode given = part.get("image_url");
        String url = given != null && given.isObject()
                ? Fields.of(given, part.path() + "image_url").text("url")
                : part.text("image_url");
        if (url == null) {
            throw ApiException.invalid(part.path() + "image_url", "A picture needs an 'image_url'.");
        }
        return url;
    }
}
