import Foundation

/// Ids, tokens and positions are drawn by whoever runs first; the model takes over those of the database.
extension ModelDatabase {
    mutating func adopt(id: UUID, insteadOf old: UUID) {
        guard id != old else { return }
        for index in tasks.indices where tasks[index].id == old { tasks[index].id = id }
        for index in ended.indices where ended[index].task.id == old { ended[index].task.id = id }
        for (request, action) in actions where action.task == old { actions[request]?.task = id }
    }

    mutating func adopt(requestID: String, insteadOf old: String) {
        guard requestID != old else { return }
        for index in tasks.indices where tasks[index].requestID == old { tasks[index].requestID = requestID }
        actions[requestID] = actions.removeValue(forKey: old)
    }
}
