package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.document.DocumentWish;
import dev.fovea.document.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads what a request wants of its documents: fields of its {@code fovea} object. */
final class DocumentFields {
    static final Set<String> NAMES = Set.of("pages", "password");

    private static final String PAGES = "fovea.pages";

    private DocumentFields() {}

    static DocumentWish read(Fields request) {
        Fields fovea = request.object("fovea");
        if (fovea == null) {
            return DocumentWish.none();
        }
        List<Pages> pages = new ArrayList<>();
        JsonNode given = fovea.get("pages");
        if (given != null && given.isIntegralNumber()) {
            pages.add(parsed(given.asText()));
        } else {
            fovea.texts("pages").forEach(text -> pages.add(parsed(text)));
        }
        return new DocumentWish(pages, fovea.text("password"));
    }

    private static Pages parsed(String text) {
        try {
            return Pages.parse(text);
        } catch (IllegalArgumentException e) {
            throw wrong(e);
        }
    }

    /**
     * The pages of one document.
     *
     * @param index among the documents of the request
     * @throws ApiException if pages were chosen for fewer documents
     */
    static Pages pages(DocumentWish wish, int index) {
        try {
            return wish.pages(index);
        } catch (IllegalArgumentException e) {
            throw wrong(e);
        }
    }

    private static ApiException wrong(IllegalArgumentException e) {
        return ApiException.invalid(PAGES, Printable.sentence(String.valueOf(e.getMessage())));
    }
}
