using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>Conditions of a status. The time of the last transition is kept as long as the status of the condition stays.</summary>
public static class Conditions
{
    /// <returns>True when the status of the condition has changed.</returns>
    public static bool Set(IList<V1Condition> conditions, string type, bool status, string reason, string message, long generation, DateTime now)
    {
        var text = status ? "True" : "False";
        var known = conditions.FirstOrDefault(condition => condition.Type == type);
        var changed = known?.Status != text;
        if (known is null)
            conditions.Add(known = new V1Condition { Type = type });
        if (changed)
            known.LastTransitionTime = new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        known.Status = text;
        known.Reason = reason;
        known.Message = message;
        known.ObservedGeneration = generation;
        return changed;
    }

    public static bool IsTrue(IEnumerable<V1Condition>? conditions, string type) => conditions?.Any(condition => condition.Type == type && condition.Status == "True") == true;
}
